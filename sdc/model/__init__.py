"""Which values does the whole house speak about? Frozen types whose construction validates."""

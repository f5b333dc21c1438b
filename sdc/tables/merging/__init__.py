"""Which areas are merged so that each is large enough and the least is lost? The parts of it."""

"""Which treatment goes where, so that a reader loses least? Candidates, their loss, the choice."""

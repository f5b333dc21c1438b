"""How is a linear program solved, and what may be believed of the answer?"""

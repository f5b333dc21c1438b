"""How do files come in? Every reader collects all problems of a file and raises them together."""

"""Whose is it: what is not this stack's is neither changed nor deleted, whatever we remember."""

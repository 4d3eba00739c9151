"""A resource that is not this stack's is neither changed nor deleted, whichever state is given."""

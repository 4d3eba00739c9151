"""The stack's own encryption key."""

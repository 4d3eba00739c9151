"""Only the code: what a push calls, what it refuses, and what it leaves when it dies."""

"""Only the code: the calls of a push, its refusals, and its remains after a crash."""

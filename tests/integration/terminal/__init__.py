"""The command line as a person uses it: a process in a terminal, its screen read back."""

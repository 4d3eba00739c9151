"""The command line as a person has it: a process in a terminal, its screen read back."""

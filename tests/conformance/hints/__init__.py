"""Every command that the program or its documentation names, parsed by the real command line."""

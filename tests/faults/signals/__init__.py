"""Ctrl-C and SIGTERM at any moment: no call is started, nothing is lost, the next run continues."""

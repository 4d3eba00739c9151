"""Ctrl-C and SIGTERM at any moment: nothing more is started, nothing is lost, it goes on later."""

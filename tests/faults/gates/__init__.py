"""The gates of the commands, each tried by the command line with the protected resource."""

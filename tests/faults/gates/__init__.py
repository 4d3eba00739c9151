"""The gates of the commands, each tried by the command line with what it protects at stake."""

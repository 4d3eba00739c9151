"""Every screen of every stack: the output of commands for any configuration and any account."""

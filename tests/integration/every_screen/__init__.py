"""Every screen of every stack: what commands draw in any configuration and any account."""

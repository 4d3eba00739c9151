"""What each command does, one file each; `session.py` is what they share."""

"""Every compared field of every kind is changed outside the tool, seen, named and repaired."""

"""Every compared field of every kind, changed behind our back, seen, named and put right."""

"""The plan is exactly what `up` does, after any edits."""

"""The plan is exactly what `up` does, whatever was edited before."""

"""What the user sees: views of findings and of what happens to them, never logic."""

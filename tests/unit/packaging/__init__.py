"""What becomes a zip: pins read as data, wheels installed whole, folders without surprises."""

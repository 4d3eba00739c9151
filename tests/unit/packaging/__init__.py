"""Packaging: pins read as data, wheels installed whole, folders without surprises."""

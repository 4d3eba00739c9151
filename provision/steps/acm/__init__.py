"""Certificates of AWS Certificate Manager."""

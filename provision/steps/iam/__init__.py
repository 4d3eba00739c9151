"""Roles and their inline policies."""

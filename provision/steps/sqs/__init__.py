"""Queues for dead letters."""

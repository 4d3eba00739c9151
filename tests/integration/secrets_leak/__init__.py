"""Secrets do not appear in files, output, arguments or logs."""

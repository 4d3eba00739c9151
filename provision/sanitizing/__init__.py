"""Text that leaves the program: made harmless to terminals and logs, and free of secrets.

`text` escapes control characters and replaces characters that the stream's encoding lacks.
`masking` keeps secret values out of screens, documents, records and plans (`Masked`).
"""

"""Text on its way out of the program.

`text` makes it harmless and gives it characters that the stream has; `masking` keeps values that
are secret by their names from being shown anywhere.
"""

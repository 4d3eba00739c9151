"""The calls that the shipped config.yaml makes, compared with a recorded list."""

"""YAML 1.2's plain values with line and column.

`reader` turns the bytes of a file into `nodes`, which know where they were written.
"""

"""YAML 1.2's plain values with line and column.

`reader.read` turns the bytes of a file into a tree of `nodes.YamlNode`. Each node knows its
position in the file and its path, so that a `Problem` can name both.
"""

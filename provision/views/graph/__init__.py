"""Draws the stack as a graph: `svg` with a layout of its own, `mermaid` and `dot` for other tools.

All of them draw a `StackGraph` (provision/workflows/stack_graph.py) with the needs that no other
need implies. Names are from config.yaml: each format escapes them by its own rules.
"""

"""Checks `moved`: every line leads from a name that no longer exists to one that does."""

from __future__ import annotations

import re
from collections.abc import Iterator

from provision.config.problems import Problem, listed, suggest
from provision.config.schema.types import MOVABLE
from provision.config.yaml.nodes import YamlEntry, YamlNode

SECTIONS = {"table": "tables", "function": "functions", "layer": "layers"}
"""The first part of a node's name → its section in config.yaml."""


def check_moved(tree: YamlNode) -> Iterator[Problem]:
    lines = _lines(tree)
    ends = _ends(lines)
    taken: dict[str, str] = {}
    for old, entry in tree.children("moved"):
        if old in lines:
            yield from _check_line(tree, lines, ends, taken, old, entry)


def _check_line(
    tree: YamlNode,
    lines: dict[str, str],
    ends: dict[str, str | None],
    taken: dict[str, str],
    old: str,
    entry: YamlEntry,
) -> Iterator[Problem]:
    new = lines[old]
    (area, key), (new_area, new_key) = old.split("."), new.split(".")
    if area != new_area:
        yield entry.node.problem(
            f"a {area} cannot become a {new_area}", f'write "{area}.{new_key}"'
        )
    elif new in lines:
        last = ends[new]
        if last is None:
            yield entry.problem(f"{old} leads back to itself", "remove this line")
        else:
            yield entry.problem(
                f"{new} is moved on to {lines[new]}: one line leads from the name in AWS to the"
                " newest",
                f'write "{old}: {last}", and remove the line of {new}',
            )
    elif new in taken:
        yield entry.node.problem(
            f"{taken[new]} is {new} already", "remove this line, or name another"
        )
    else:
        taken[new] = old
        yield from _check_ends(tree, entry, area, key, new_key)


def _check_ends(
    tree: YamlNode, entry: YamlEntry, area: str, key: str, new_key: str
) -> Iterator[Problem]:
    section = SECTIONS[area]
    there = [name for name, _ in tree.children(section)]
    if key in there:
        yield entry.problem(
            f"{section}.{key} is still there, so it has not moved",
            f'rename it to "{new_key}" there, or remove this line',
        )
    elif new_key not in there:
        known = f"{section} has: {listed(there)}" if there else f"add it to {section}"
        yield entry.node.problem(
            f'there is no {area} "{new_key}"', suggest(new_key, there) or known
        )


def _ends(lines: dict[str, str]) -> dict[str, str | None]:
    """Return the end of the chain that each line begins; None for a circle."""
    ends: dict[str, str | None] = {}
    for old in lines:
        passed: dict[str, None] = {}
        node = old
        while node in lines and node not in ends and node not in passed:
            passed[node] = None
            node = lines[node]
        end = None if node in passed else ends.get(node, node)
        ends |= dict.fromkeys(passed, end)
    return ends


def _lines(tree: YamlNode) -> dict[str, str]:
    """Return the lines whose ends are both nodes; validation reports the others."""
    return {
        old: entry.node.value
        for old, entry in tree.children("moved")
        if isinstance(entry.node.value, str)
        and re.fullmatch(MOVABLE, old)
        and re.fullmatch(MOVABLE, entry.node.value)
    }

"""The configuration as written: values that know their line and key, for error messages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from provision.config.problems import Problem, clipped
from provision.sanitizing.masking import MASKED, assigns_secret, holds_password, says_secret

_LONGEST = 100
"""The most characters of a key in a message."""

Scalar = str | int | float | bool | None
Keys = tuple[str | int, ...]
"""The path of a value from the top: keys of mappings and positions in lists."""


@dataclass(frozen=True)
class Position:
    """A position in a file; line and column count from 1, and are 0 for a value from no file."""

    file: str
    line: int = 0
    column: int = 0


@dataclass(frozen=True)
class YamlEntry:
    """One `key: value` pair of a mapping."""

    place: Position  # of the key
    node: YamlNode

    def problem(self, message: str, suggestion: str = "") -> Problem:
        """Return a problem with the key itself."""
        return _problem(self.place, self.node.keys, message, suggestion)


@dataclass(frozen=True)
class YamlNode:
    """One value and its position; `keys` is its path in the file, overlays included."""

    value: Scalar | dict[str, YamlEntry] | list[YamlNode]
    place: Position
    keys: Keys = ()
    written: str = ""  # a scalar as in the file, null included: for messages only
    cleared: bool = False  # null in an overlay
    void: bool = False  # cleared, and the base has nothing there

    def problem(self, message: str, suggestion: str = "") -> Problem:
        return _problem(self.place, self.keys, message, suggestion)

    @property
    def text(self) -> str:
        """The text of a scalar, whether it was quoted or not; empty for null and other values."""
        return "" if self.value is None else self.written

    @property
    def entries(self) -> dict[str, YamlEntry]:
        """The entries of a mapping; empty for any other value."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def elements(self) -> list[YamlNode]:
        """The elements of a list; empty for any other value."""
        return self.value if isinstance(self.value, list) else []

    @property
    def clears(self) -> bool:
        """Whether the value or any entry below it is null; lists are not searched."""
        return self.value is None or any(entry.node.clears for entry in self.entries.values())

    def get(self, *keys: str) -> YamlNode | None:
        node = self
        for key in keys:
            if key not in node.entries:
                return None
            node = node.entries[key].node
        return node

    def children(self, *keys: str) -> Iterator[tuple[str, YamlEntry]]:
        """Yield the entries of the mapping at `keys`; nothing if there is none."""
        node = self.get(*keys)
        yield from (node.entries if node else {}).items()

    def string(self, *keys: str) -> str | None:
        """Return the text at `keys`, or None if there is none."""
        node = self.get(*keys)
        return node.value if node and isinstance(node.value, str) else None

    def number(self, *keys: str) -> int | None:
        """Return the whole number at `keys`, or None if there is none."""
        node = self.get(*keys)
        whole = node and isinstance(node.value, int) and not isinstance(node.value, bool)
        return node.value if node and whole and isinstance(node.value, int) else None

    def to_python(self) -> Any:
        """Return the value as plain Python, without positions."""
        if isinstance(self.value, dict):
            return {key: entry.node.to_python() for key, entry in self.value.items()}
        if isinstance(self.value, list):
            return [node.to_python() for node in self.value]
        return self.value

    def at(self, keys: Sequence[str | int]) -> YamlNode:
        """Return the node at `keys`, or the last one on the path that exists."""
        node = self
        for key in keys:
            if isinstance(key, int) and key < len(node.elements):
                node = node.elements[key]
            elif isinstance(key, str) and key in node.entries:
                node = node.entries[key].node
            else:
                break
        return node

    def with_entry(self, key: str, entry: YamlEntry) -> YamlNode:
        return replace(self, value={**self.entries, key: entry})

    def without(self, *keys: str) -> YamlNode:
        left = {key: entry for key, entry in self.entries.items() if key not in keys}
        return replace(self, value=left)


def merge(base: YamlNode | None, over: YamlNode) -> YamlNode:
    """Merge mappings, and replace any other value; null is kept and marked as cleared."""
    if over.value is None:
        return replace(over, cleared=True, void=base is None)
    if not isinstance(over.value, dict):
        return over
    entries = dict(base.entries) if base else {}
    for key, entry in over.value.items():
        before = entries[key].node if key in entries else None
        merged = merge(before, entry.node)
        inherited = isinstance(entry.node.value, dict) and before is not None and before.entries
        entries[key] = entries[key] if inherited else entry
        entries[key] = replace(entries[key], node=merged)
    kept = base if base and base.entries else over
    return replace(kept, value=entries)


def from_python(value: Any, keys: Keys = ()) -> YamlNode:
    """Return plain Python as nodes without a position, for checks of values from no file."""
    nowhere = Position("")
    if isinstance(value, dict):
        entries = {
            key: YamlEntry(nowhere, from_python(each, (*keys, key))) for key, each in value.items()
        }
        return YamlNode(entries, nowhere, keys)
    if isinstance(value, list):
        return YamlNode([from_python(each, keys) for each in value], nowhere, keys)
    return YamlNode(value, nowhere, keys, "" if value is None else str(value))


def format_path(keys: Keys) -> str:
    """Return a path as people write it: functions.items.layers[0], api.routes."GET /items"."""
    said = ""
    for at, key in enumerate(keys):
        if isinstance(key, int):
            said += f"[{key}]"
        else:
            key = MASKED if _is_masked(keys[:at], key) else clipped(key, _LONGEST)  # noqa: PLW2901
            plain = re.fullmatch(r"[\w-]+|\(masked\)", key)
            said += ("." if said else "") + (key if plain else f'"{key}"')
    return said


def _is_masked(before: Keys, key: str) -> bool:
    """Return whether the key holds a secret, or may be one because it is in a secret's place.

    YAML takes some misplaced values for keys.
    """
    if assigns_secret(key) or holds_password(key):
        return True
    within = any(
        where == "environment" and says_secret(str(name)) for where, name in pairwise(before)
    )
    return within and key not in {"secret", "key"}


def _problem(place: Position, keys: Keys, message: str, suggestion: str) -> Problem:
    return Problem(place.file, place.line, place.column, format_path(keys), message, suggestion)

"""The configuration as written: values that know their line and key, so that errors can tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from provision.config.problems import Problem, clipped
from provision.output.masking import MASKED, assigns_secret, holds_password, says_secret

_LONGEST = 100
"""Characters of a key as it is told."""

Scalar = str | int | float | bool | None
Keys = tuple[str | int, ...]
"""Names of mappings and positions in lists, from the top."""


@dataclass(frozen=True)
class Position:
    """Where something is written; line and column count from 1, 0 when it stands in no file."""

    file: str
    line: int = 0
    column: int = 0


@dataclass(frozen=True)
class YamlEntry:
    """One `key: value` of a mapping."""

    place: Position  # of the key
    node: YamlNode

    def problem(self, message: str, suggestion: str = "") -> Problem:
        """A problem with the key itself."""
        return _problem(self.place, self.node.keys, message, suggestion)


@dataclass(frozen=True)
class YamlNode:
    """One value and where it stands; `keys` is the way to it in the file, overlays included."""

    value: Scalar | dict[str, YamlEntry] | list[YamlNode]
    place: Position
    keys: Keys = ()
    written: str = ""  # a scalar as it stands in the file, null as well: for messages only
    cleared: bool = False  # null in an overlay
    void: bool = False  # and nothing was there to clear

    def problem(self, message: str, suggestion: str = "") -> Problem:
        return _problem(self.place, self.keys, message, suggestion)

    @property
    def text(self) -> str:
        """The text of a scalar, with quotes or without; empty where it is null, or no scalar."""
        return "" if self.value is None else self.written

    @property
    def entries(self) -> dict[str, YamlEntry]:
        """Of a mapping; nothing when it is none."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def elements(self) -> list[YamlNode]:
        """Of a list; nothing when it is none."""
        return self.value if isinstance(self.value, list) else []

    @property
    def clears(self) -> bool:
        """Whether null stands in it anywhere, lists apart."""
        return self.value is None or any(entry.node.clears for entry in self.entries.values())

    def get(self, *keys: str) -> YamlNode | None:
        node = self
        for key in keys:
            if key not in node.entries:
                return None
            node = node.entries[key].node
        return node

    def children(self, *keys: str) -> Iterator[tuple[str, YamlEntry]]:
        """The entries of the mapping that is there, if it is one."""
        node = self.get(*keys)
        yield from (node.entries if node else {}).items()

    def string(self, *keys: str) -> str | None:
        """The text that is there, if it is one."""
        node = self.get(*keys)
        return node.value if node and isinstance(node.value, str) else None

    def number(self, *keys: str) -> int | None:
        """The whole number that is there, if it is one."""
        node = self.get(*keys)
        whole = node and isinstance(node.value, int) and not isinstance(node.value, bool)
        return node.value if node and whole and isinstance(node.value, int) else None

    def to_python(self) -> Any:
        """The value alone."""
        if isinstance(self.value, dict):
            return {key: entry.node.to_python() for key, entry in self.value.items()}
        if isinstance(self.value, list):
            return [node.to_python() for node in self.value]
        return self.value

    def at(self, keys: Sequence[str | int]) -> YamlNode:
        """The node that is there, or the last one on the way."""
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
    """Mappings are merged, anything else replaces; null is kept, marked as cleared."""
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


def format_path(keys: Keys) -> str:
    """As a person writes it: functions.items.layers[0], api.routes."GET /items"."""
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
    """Whether the key holds a secret, or stands where one belongs and may be one that YAML took for
    a key."""
    if assigns_secret(key) or holds_password(key):
        return True
    within = any(
        where == "environment" and says_secret(str(name)) for where, name in pairwise(before)
    )
    return within and key not in {"secret", "key"}


def _problem(place: Position, keys: Keys, message: str, suggestion: str) -> Problem:
    return Problem(place.file, place.line, place.column, format_path(keys), message, suggestion)

"""Finds the keys of config.yaml by their names, from the schema alone: no file is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from provision.config.schema.json_schema import SchemaNode, config_shape, known_places

ANY_NAME: Final = "<name>"
"""The part of a path whose name the user chooses."""


@dataclass(frozen=True)
class KeyPage:
    """A key of config.yaml: its path, the values it takes, and its meaning.

    `explained_by` is the argument of `config explain` that shows its value.
    """

    path: str
    takes: str
    meaning: str
    explained_by: str


def key_pages(typed: str) -> list[KeyPage]:
    """Return the key at a path, or the keys of that name anywhere; none if there is none."""
    path = typed.replace('"', "").strip()
    if found := _at(path):
        return [_page(path, found)]
    places = known_places().get(path, ())
    return [_page(place, found) for place in places if (found := _at(place))]


def _at(path: str) -> SchemaNode | None:
    return config_shape().at(path.split(".")) if path else None


def _page(path: str, shape: SchemaNode) -> KeyPage:
    shown = path.partition(f".{ANY_NAME}")[0]
    section = bool(shape.fields or shape.named)
    takes = "a section" if section else shape.describe()
    meaning = shape.schema.get("description") or shape.section_words or shape.description
    return KeyPage(path, takes, meaning, shown)

"""The JSON Schema of the configuration as a tree, and its description in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from provision.config.schema.root import Config
from provision.config.schema.types import PATTERN_DESCRIPTIONS

OVERLAYS = "environments"
"""The only key of the file that the configuration of an environment does not have."""


@dataclass(frozen=True)
class SchemaNode:
    """The schema of one position, with the definitions it refers to."""

    schema: Mapping[str, Any]
    definitions: Mapping[str, Any]

    @property
    def alternatives(self) -> list[SchemaNode]:
        """The schemas a value may match, with references resolved and null left out."""
        schema = self.schema
        if "$ref" in schema:
            schema = self.definitions[schema["$ref"].rpartition("/")[2]]
        if "anyOf" in schema:
            inner = [self._of(each) for each in schema["anyOf"]]
            return [each for one in inner for each in one.alternatives]
        return [] if schema.get("type") == "null" else [self._of(schema)]

    @property
    def nullable(self) -> bool:
        return any(each.get("type") == "null" for each in self.schema.get("anyOf", ()))

    @property
    def fields(self) -> dict[str, SchemaNode]:
        """The known keys of a section."""
        return {
            key: self._of(schema)
            for shape in self.alternatives
            for key, schema in shape.schema.get("properties", {}).items()
        }

    @property
    def named(self) -> SchemaNode | None:
        """The schema of the entries of a mapping whose names are free to choose."""
        for shape in self.alternatives:
            patterns = list(shape.schema.get("patternProperties", {}).values())
            others = shape.schema.get("additionalProperties")
            if patterns:
                return self._of(patterns[0])
            if isinstance(others, dict):
                return self._of(others)
        return None

    @property
    def name_patterns(self) -> list[str]:
        """The patterns of the names, where they are free to choose."""
        found = [each.schema.get("patternProperties", {}) for each in self.alternatives]
        return [pattern for each in found for pattern in each]

    @property
    def description(self) -> str:
        own: str = self.schema.get("description", "")
        return own or next((each.schema.get("description", "") for each in self.alternatives), "")

    @property
    def section_words(self) -> str:
        """The general description of the section, the same at all its positions."""
        sections = [each.schema for each in self.alternatives if "properties" in each.schema]
        return next((each.get("description", "") for each in sections), "")

    def child(self, key: str | int) -> SchemaNode | None:
        if isinstance(key, int):
            items = [each.schema.get("items") for each in self.alternatives]
            return next((self._of(each) for each in items if each), None)
        return self.fields.get(key) or self.named

    def at(self, keys: Sequence[str | int]) -> SchemaNode | None:
        shape: SchemaNode | None = self
        for key in keys:
            shape = shape.child(key) if shape else None
        return shape

    def places(self, way: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
        """Yield every known key below and its path, such as `functions.<name>.memory`."""
        for key, shape in self.fields.items():
            if way:
                yield key, ".".join((*way, key))
            yield from shape.places((*way, key))
        if self.named and not self.fields:
            yield from self.named.places((*way, "<name>"))

    @property
    def choices(self) -> list[str]:
        return [str(each) for shape in self.alternatives for each in shape.schema.get("enum", ())]

    def describe(self) -> str:
        """Return the expected value in words: `a whole number from 128 to 10240`."""
        said = " or ".join(dict.fromkeys(_words(each) for each in self.alternatives))
        return f"{said}, or null" if self.nullable else said

    def _of(self, schema: Mapping[str, Any]) -> SchemaNode:
        return SchemaNode(schema, self.definitions)


@cache
def config_shape() -> SchemaNode:
    """Return the schema of one environment's configuration."""
    schema = Config.model_json_schema()
    return SchemaNode(schema, schema.get("$defs", {}))


@cache
def known_places() -> Mapping[str, Sequence[str]]:
    """Return the paths of each known key; cached, for ten thousand keys may be misplaced."""
    found: dict[str, list[str]] = {}
    for key, place in config_shape().places():
        found.setdefault(key, []).append(place)
    return found


def _words(shape: SchemaNode) -> str:
    schema = shape.schema
    if shape.choices:
        return ("one of " if len(shape.choices) > 1 else "") + ", ".join(shape.choices)
    match schema.get("type"):
        case "integer":
            return "a whole number" + _range(schema)
        case "string":
            return PATTERN_DESCRIPTIONS.get(schema.get("pattern", ""), "text")
        case "boolean":
            return "true or false"
        case "array":
            return "a list"
        case "object" if schema.get("maxProperties") == 1:
            return "one name and its type"
        case "object":
            return "keys and values"
        case _:
            return "a value"


def _range(schema: Mapping[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if high is None:
        return "" if low is None else f", {low} or more"
    said = f" from {low} to {high}"
    return said + (f", a multiple of {schema['multipleOf']}" if "multipleOf" in schema else "")

"""The values in effect for one environment: each with its key, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from provision.config.reference import as_flow, shown_values
from provision.config.schema.json_schema import OVERLAYS, SchemaNode, config_shape
from provision.config.schema.root import Config
from provision.config.yaml.nodes import Keys, YamlNode, format_path
from provision.config.yaml.reader import read
from provision.sanitizing.masking import MASKED

DEFAULT: Final = "default"
FILE: Final = "file"
OPTION: Final = "option"
VARIABLE: Final = "variable"
_MODELS: Final = ("api", "models")
"""A model is the user's own JSON Schema: one value."""


@dataclass(frozen=True)
class Origin:
    """A place that gives a value: a line of the file, an option, a variable or the default.

    `path` is the path in the file, overlays included, or the name of the option or variable;
    `text` is the value that is written there, as YAML.
    """

    sort: str
    path: str = ""
    text: str = ""
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class Given:
    """A value from the command line or a variable, by its name: `--region`, `PROVISION_REGION`."""

    sort: str
    name: str


@dataclass(frozen=True)
class ConfigValue:
    """One value in effect. `over` are the places that it is set at too, and has no effect from."""

    key: str
    keys: Keys
    value: Any
    text: str
    origin: Origin
    over: Sequence[Origin]
    shape: SchemaNode

    @property
    def is_masked(self) -> bool:
        return bool(self.value == MASKED)


def values_in_effect(
    config: Config, path: Path, given: Mapping[str, Given]
) -> dict[str, ConfigValue]:
    """Return every value by its key. `given` has the options that replace a key of the file."""
    root = read(path)[0]
    base, overlay = root.without(OVERLAYS), root.get(OVERLAYS, config.environment)
    found: dict[str, ConfigValue] = {}
    for keys, value, shape in _leaves(shown_values(config), config_shape(), ()):
        places = [
            *_origins_given(keys, value, given),
            *(_origin(layer, keys, value) for layer in (overlay, base) if layer),
        ]
        first, *over = [each for each in places if each] or [Origin(DEFAULT)]
        key = format_path(keys)
        found[key] = ConfigValue(key, keys, value, _text(value), first, tuple(over), shape)
    return found


def _origins_given(keys: Keys, value: Any, given: Mapping[str, Given]) -> Iterator[Origin]:
    if len(keys) == 1 and (option := given.get(str(keys[0]))):
        yield Origin(option.sort, option.name, _text(value))


def _origin(layer: YamlNode, keys: Keys, value: Any) -> Origin | None:
    """Return the entry of the layer that sets the value, or None if none does.

    `GET /items: items` sets the function of the route, and null all values below it.
    """
    node = layer
    for key in keys:
        if str(key) in node.entries:
            node = node.entries[str(key)].node
        elif node is not layer and not node.entries and node.value in (None, value):
            break
        else:
            return None
    written = MASKED if value == MASKED else node.to_python()
    place = node.place
    return Origin(FILE, format_path(node.keys), _text(written), place.file, place.line)


def _leaves(value: Any, shape: SchemaNode, keys: Keys) -> Iterator[tuple[Keys, Any, SchemaNode]]:
    """Yield every value that is set as a whole: lists, secrets and models are not divided."""
    whole = keys[:-1] == _MODELS or (isinstance(value, dict) and "secret" in value)
    if not isinstance(value, dict) or not value or whole:
        yield keys, value, shape
        return
    for key, inner in value.items():
        child = shape.child(key)
        if child:
            yield from _leaves(inner, child, (*keys, key))


def _text(value: Any) -> str:
    """Return a value as YAML in one line; of a secret, the place where it is kept."""
    if isinstance(value, dict) and isinstance(value.get("secret"), str):
        key = f", key {value['key']}" if value.get("key") else ""
        return f"(secret kept in {value['secret']}{key})"
    return value if value == MASKED else as_flow(value)

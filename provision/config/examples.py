"""Shows how a first table, layer, function, route, model or variable is written in config.yaml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import yaml

from provision.config.reference import as_flow
from provision.config.yaml.nodes import YamlNode, format_path

_INDENT: Final = "  "
FUNCTION: Final = "<function>"
"""The place of a function's name in the paths and lines of examples."""


@dataclass(frozen=True)
class Fragment:
    """Lines to paste into a file, and where: `place` is a sentence that ends with a colon."""

    place: str
    lines: Sequence[str]


_Part = tuple[tuple[str, ...], tuple[str, ...]]
"""The path of a section, and the lines that are written in it."""
_TABLE: Final[_Part] = (("tables",), ("orders: {key: id}",))
_GRANT: Final[_Part] = (
    ("functions", FUNCTION, "tables"),
    ("orders: write  # or read; TABLE_ORDERS then has its name in AWS",),
)
_LAYER: Final[_Part] = (
    ("layers",),
    ("packages: {source: layer}  # a folder with a requirements.txt",),
)
_USED: Final[_Part] = (("functions", FUNCTION), ("layers: [packages]",))
_FUNCTION: Final[_Part] = (
    ("functions",),
    (
        "orders:",
        "  source: function  # a folder; functions may share one",
        "  handler: orders.handler  # function/orders.py: def handler(event, context)",
    ),
)
_ROUTES: Final[_Part] = (
    ("api", "routes"),
    (
        f"GET /orders: {FUNCTION}",
        f'"GET /orders/{{id}}": {FUNCTION}',
        f"GET /search: {{function: {FUNCTION}, query: [q]}}  # refused without ?q=",
        "GET /status:  # public: anyone may call it, within these limits",
        f"  {{function: {FUNCTION}, key: false, throttle: {{rate: 50, burst: 100}}}}",
    ),
)
_MODEL: Final[_Part] = (
    ("api", "models"),
    (
        "Order:  # JSON Schema, draft 4",
        "  type: object",
        "  required: [name]",
        "  properties: {name: {type: string}}",
    ),
)
_TYPED: Final[_Part] = (
    ("api", "routes"),
    (f"POST /orders: {{function: {FUNCTION}, body: Order}}  # refused if the body differs",),
)
_VARIABLES: Final[_Part] = (
    ("functions", FUNCTION, "environment"),
    (
        "GREETING: hello",
        'STRIPE_KEY: {secret: "ssm:/shop/stripe"}  # the place where it is kept',
    ),
)
EXAMPLES: Final[Mapping[str, tuple[_Part, ...]]] = {
    "tables": (_TABLE, _GRANT),
    "layers": (_LAYER, _USED),
    "functions": (_FUNCTION,),
    "api.routes": (_ROUTES,),
    "api.models": (_MODEL, _TYPED),
    f"functions.{FUNCTION}.tables": (_TABLE, _GRANT),
    f"functions.{FUNCTION}.layers": (_LAYER, _USED),
    f"functions.{FUNCTION}.environment": (_VARIABLES,),
}
"""The parts of each section's example. A test loads each in a configuration without it."""


def example_of(key: str, file: YamlNode) -> list[Fragment]:
    """Return what is written into this file for a first entry of the section; empty if none is.

    Names of functions are those of the file. A key with the name of a function is one of them.
    """
    functions = [name for name, _ in file.children("functions")] or ["hello"]
    named = next((name for name in functions if key.startswith(f"functions.{name}.")), "")
    general = key.replace(f".{named}.", f".{FUNCTION}.", 1) if named else key
    function = named or functions[0]
    return [_fragment(part, function, file) for part in EXAMPLES.get(general, ())]


def _fragment(part: _Part, function: str, file: YamlNode) -> Fragment:
    path = tuple(each.replace(FUNCTION, function) for each in part[0])
    lines = [line.replace(FUNCTION, function) for line in part[1]]
    there = next(
        path[:count] for count in range(len(path), -1, -1) if not count or _has(file, path[:count])
    )
    empty = file.get(*path) is not None and there != path
    place = f"Below {format_path(there)}" if there else "In config.yaml"
    place += f", instead of the empty {path[-1]}:" if empty else ":"
    if there == path and _is_flow(file, path):
        entries = as_flow(yaml.safe_load("\n".join(lines)))[1:-1]
        return Fragment(f"After the brace of {format_path(path)}:", [f"{entries},"])
    own = file.get(*path, "layers")
    if part is _USED and own is not None:
        used = [each.text for each in own.elements]
        place = f"Instead of {format_path((*path, 'layers'))}:"
        lines = [f"layers: [{', '.join((*used, 'packages'))}]"]
    return Fragment(place, [*_nested(path[len(there) :], lines, len(there))])


def _has(file: YamlNode, path: tuple[str, ...]) -> bool:
    """Return whether the file has entries at the path."""
    node = file.get(*path)
    return node is not None and isinstance(node.value, dict) and bool(node.value)


def _is_flow(file: YamlNode, path: tuple[str, ...]) -> bool:
    """Return whether the mapping begins on the line of its key: `tables: {items: write}`."""
    above = file.get(*path[:-1])
    if not path or above is None:
        return False
    entry = above.entries[path[-1]]
    return any(each.place.line == entry.place.line for each in entry.node.entries.values())


def _nested(path: Sequence[str], lines: Sequence[str], depth: int) -> Iterator[str]:
    for level, key in enumerate(path):
        yield f"{_INDENT * (depth + level)}{key}:"
    for line in lines:
        yield f"{_INDENT * (depth + len(path))}{line}"

"""Checks `$ref` in body models: to a part of the same model, or to a model created before it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final
from urllib.parse import unquote

from provision.config.problems import Problem, suggest
from provision.config.yaml.nodes import YamlNode
from provision.config.yaml.reader import MOST_NODES

_MODEL: Final = re.compile(
    r"https://apigateway\.amazonaws\.com(?:\.cn)?/restapis/[a-z0-9]+/models/([A-Za-z0-9]+)"
)
"""The form of a reference to another model: API Gateway refuses others as not "canonical form".

https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html
"""
_DATA: Final = ("default", "enum")
"""Keywords that hold data and no schema."""
_NOWHERE: Final = "a circle"
"""The result for a circle, in place of a reference that leads to no schema and begins with #."""
_BY_NAME: Final = ("definitions", "dependencies", "patternProperties", "properties")
"""Keywords that hold a mapping of free names, one of which may be `$ref`."""


def check_references(model: YamlNode, above: Collection[str]) -> Iterator[Problem]:
    """Check the references of one model; `above` are the models that are created before it."""
    ends: dict[str, str] = {}
    defined = tuple(f"#/definitions/{name}" for name, _ in model.children("definitions"))
    for reference in _references(model):
        text = str(reference.value)
        if text.startswith("#"):
            yield from _inside(reference, _end(model, text, ends), defined)
        elif not (found := _MODEL.fullmatch(text)):
            yield reference.problem(
                f'"{text}" is no reference that API Gateway can follow',
                'put the schema below `definitions` of this model: "#/definitions/NAME"',
            )
        elif found[1] not in above:
            listed = f"above it: {', '.join(above)}" if above else "write that one above"
            yield reference.problem(
                f"no model {found[1]} is above this one; models are created in this order",
                suggest(found[1], above) or listed,
            )


def _references(schema: YamlNode) -> Iterator[YamlNode]:
    for keyword, entry in schema.entries.items():
        if keyword == "$ref" and isinstance(entry.node.value, str):
            yield entry.node
        elif keyword in _BY_NAME:
            for named in entry.node.entries.values():
                yield from _references(named.node)
        elif keyword not in _DATA:
            yield from _references(entry.node)
    for each in schema.elements:
        yield from _references(each)


def _inside(reference: YamlNode, end: str, defined: Collection[str]) -> Iterator[Problem]:
    """Check that a reference into the model ends in a schema, not only in other references."""
    if end == _NOWHERE:
        yield reference.problem(f'"{reference.value}" refers to itself', "let it refer to a schema")
    elif end:
        yield reference.problem(
            f'"{end}" refers to no schema of this model',
            suggest(end, defined) or "write it below `definitions`",
        )


def _end(model: YamlNode, pointer: str, ends: dict[str, str]) -> str:
    """Return an empty text if the reference ends in a schema, else the one that leads to none.

    `ends` caches the result of every reference passed: there may be thousands in a row.
    """
    passed: dict[str, None] = {}
    end = ""
    while pointer not in ends:
        if pointer in passed:
            end = _NOWHERE
            break
        passed[pointer] = None
        target = _target(model, pointer)
        if target is None or not isinstance(target.value, dict):
            end = pointer
            break
        further = target.string("$ref") or ""
        if not further.startswith("#"):
            break
        pointer = further
    else:
        end = ends[pointer]
    ends |= dict.fromkeys(passed, end)
    return end


def _target(model: YamlNode, pointer: str) -> YamlNode | None:
    """Return the node that a JSON pointer such as `#/definitions/a` leads to, or None."""
    node: YamlNode | None = model
    for part in unquote(pointer[1:]).split("/")[1:]:
        if node is None:
            return None
        name = part.replace("~1", "/").replace("~0", "~")
        # Python refuses to read numbers of thousands of digits, and no list is that long.
        is_position = name.isdecimal() and len(name) <= len(str(MOST_NODES))
        position = int(name) if is_position else -1
        inside = 0 <= position < len(node.elements)
        node = node.elements[position] if inside else node.get(name)
    return node

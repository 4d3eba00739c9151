"""`$ref` in a body model: to a part of the same model, or to one that API Gateway has already."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final
from urllib.parse import unquote

from provision.config.node import Node
from provision.config.problem import Problem, nearest

_MODEL: Final = re.compile(
    r"https://apigateway\.amazonaws\.com(?:\.cn)?/restapis/[a-z0-9]+/models/([A-Za-z0-9]+)"
)
"""API Gateway's own form: any other of another model is no "canonical form" to it.

https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html
"""
_DATA: Final = ("default", "enum")
"""What stands below these is no schema."""
_BY_NAME: Final = ("definitions", "dependencies", "patternProperties", "properties")
"""Below these stand names, which may be called `$ref` too."""


def check_references(model: Node, above: Collection[str]) -> Iterator[Problem]:
    """Of one model; `above`: the models that are made before it."""
    for reference in _references(model):
        text = str(reference.value)
        if text.startswith("#"):
            yield from _inside(model, reference)
        elif not (found := _MODEL.fullmatch(text)):
            yield reference.problem(
                f'"{text}" is no reference that API Gateway can follow',
                'put the schema below `definitions` of this model: "#/definitions/NAME"',
            )
        elif found[1] not in above:
            listed = f"above stand: {', '.join(above)}" if above else "write that one above"
            yield reference.problem(
                f"no model {found[1]} stands above this one, and they are made in this order",
                nearest(found[1], above) or listed,
            )


def _references(schema: Node) -> Iterator[Node]:
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


def _inside(model: Node, reference: Node) -> Iterator[Problem]:
    """To a part of the model that is there; one that only leads to references ends nowhere."""
    passed: list[str] = []
    node: Node | None = reference
    while node is not None and isinstance(node.value, str) and node.value.startswith("#"):
        if node.value in passed:
            yield reference.problem(
                f'"{reference.value}" leads to itself',
                "let it lead to a schema that says something",
            )
            return
        passed.append(node.value)
        target = _target(model, node.value)
        if target is None or not isinstance(target.value, dict):
            known = [f"#/definitions/{name}" for name, _ in model.children("definitions")]
            yield reference.problem(
                f'"{node.value}" leads to no schema of this model',
                nearest(node.value, known) or "write it below `definitions`",
            )
            return
        node = target.get("$ref")


def _target(model: Node, pointer: str) -> Node | None:
    """What a JSON pointer such as `#/definitions/a` leads to."""
    node: Node | None = model
    for part in unquote(pointer[1:]).split("/")[1:]:
        if node is None:
            return None
        name = part.replace("~1", "/").replace("~0", "~")
        position = int(name) if name.isdecimal() else -1
        inside = 0 <= position < len(node.elements)
        node = node.elements[position] if inside else node.get(name)
    return node

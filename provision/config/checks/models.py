"""Checks body models by the meta-schema of JSON Schema draft 4, which API Gateway accepts.

API Gateway answers a broken rule with "Invalid model schema specified" and no details.
https://json-schema.org/draft-04/schema
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from provision.config.checks.model_references import check_references
from provision.config.problems import Problem, suggest
from provision.config.yaml.nodes import YamlNode

DEEPEST: Final = 100
"""The most levels of one model: Python reads 300 of them, and overflows its stack with 400."""

TYPES: Final = ("array", "boolean", "integer", "null", "number", "object", "string")

Rule = Callable[[YamlNode], Iterator[Problem]]


def check_models(tree: YamlNode) -> Iterator[Problem]:
    above: list[str] = []
    for name, model in tree.children("api", "models"):
        if not isinstance(model.node.value, dict):
            continue  # validation reports it
        too_deep = _at_depth(model.node, DEEPEST)
        if too_deep:
            yield too_deep.problem(
                f"more than {DEEPEST} levels of one model", "put parts of it below `definitions`"
            )
        else:
            yield from _numbers(model.node)
            yield from _schema(model.node)
            yield from check_references(model.node, above)
        above.append(name)


def _at_depth(node: YamlNode, levels: int) -> YamlNode | None:
    """Return a node that is deeper than `levels`, or None."""
    if levels < 0:
        return node
    inner = [*(entry.node for entry in node.entries.values()), *node.elements]
    return next((deep for each in inner if (deep := _at_depth(each, levels - 1))), None)


def _numbers(node: YamlNode) -> Iterator[Problem]:
    """Refuse infinity anywhere, in a default as well: JSON has none."""
    if isinstance(node.value, float) and not math.isfinite(node.value):
        yield node.problem(f"{node.written} is no number in JSON", "write a finite one")
    for inner in (*(entry.node for entry in node.entries.values()), *node.elements):
        yield from _numbers(inner)


def _schema(schema: YamlNode) -> Iterator[Problem]:
    if not isinstance(schema.value, dict):
        yield schema.problem("expected a schema: keys and values", 'for anything: "{}"')
    for keyword, entry in schema.entries.items():
        if rule := _RULES.get(keyword):
            yield from rule(entry.node)
        else:
            yield entry.problem(
                "API Gateway knows JSON Schema draft 4, which has no such keyword",
                suggest(keyword, _RULES),
            )
    for keyword, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        exclusive = schema.get(keyword)
        if exclusive and isinstance(exclusive.value, bool) and not schema.get(bound):
            yield exclusive.problem(f"is there without {bound}", f"write {bound} as well")


# -- the rules of the keywords -----------------------------------------------------------------


def _anything(_: YamlNode) -> Iterator[Problem]:
    yield from ()


def _text(node: YamlNode) -> Iterator[Problem]:
    if not isinstance(node.value, str):
        yield node.problem("expected a text", "write it in quotes")


def _number(node: YamlNode) -> Iterator[Problem]:
    if isinstance(node.value, bool) or not isinstance(node.value, int | float):
        yield node.problem("expected a number", "write it without quotes")


def _step(node: YamlNode) -> Iterator[Problem]:
    yield from _number(node)
    if isinstance(node.value, int | float) and not isinstance(node.value, bool) and node.value <= 0:
        yield node.problem("expected a number above 0", "write one, or remove it")


def _count(node: YamlNode) -> Iterator[Problem]:
    whole = isinstance(node.value, int) and not isinstance(node.value, bool)
    if not whole or (isinstance(node.value, int) and node.value < 0):
        yield node.problem("expected a whole number from 0, without quotes", "write one")


def _truth(node: YamlNode) -> Iterator[Problem]:
    if not isinstance(node.value, bool):
        yield node.problem("expected true or false", "write one of them")


def _exclusive(node: YamlNode) -> Iterator[Problem]:
    """Require true or false; in later drafts the keyword has the bound itself."""
    if not isinstance(node.value, bool):
        keyword = str(node.keys[-1])
        bound = keyword.replace("exclusive", "").lower()
        before = f'"{bound}: {node.text}" and ' if node.text else ""
        yield node.problem(
            "in draft 4 this is true or false, next to the bound",
            f'write {before}"{keyword}: true"',
        )


def _names(node: YamlNode) -> Iterator[Problem]:
    yield from _list(node, "names")
    for each in node.elements:
        yield from _text(each)
    yield from _twice(node)


def _values(node: YamlNode) -> Iterator[Problem]:
    yield from _list(node, "values")
    yield from _twice(node)


def _type(node: YamlNode) -> Iterator[Problem]:
    if isinstance(node.value, list):
        yield from _values(node)
    for each in node.elements or ([] if isinstance(node.value, list) else [node]):
        if each.value not in TYPES:
            known = f"write one of {', '.join(TYPES)}, as a text"
            yield each.problem("no type that draft 4 has", suggest(each.text, TYPES) or known)


def _schemas(node: YamlNode) -> Iterator[Problem]:
    yield from _list(node, "schemas")
    for each in node.elements:
        yield from _schema(each)


def _schema_or_schemas(node: YamlNode) -> Iterator[Problem]:
    yield from _schemas(node) if isinstance(node.value, list) else _schema(node)


def _schema_or_truth(node: YamlNode) -> Iterator[Problem]:
    if not isinstance(node.value, bool):
        yield from _schema(node)


def _schemas_by_name(node: YamlNode) -> Iterator[Problem]:
    if not isinstance(node.value, dict):
        yield node.problem("expected names and a schema each", "write them below it")
    for entry in node.entries.values():
        yield from _schema(entry.node)


def _dependencies(node: YamlNode) -> Iterator[Problem]:
    if not isinstance(node.value, dict):
        yield node.problem("expected names, and what each needs", "write them below it")
    for entry in node.entries.values():
        listed = isinstance(entry.node.value, list)
        yield from _names(entry.node) if listed else _schema(entry.node)


def _list(node: YamlNode, what: str) -> Iterator[Problem]:
    if not isinstance(node.value, list):
        yield node.problem(f"expected a list of {what}", "write it in [ ]")
    elif not node.value:
        yield node.problem(f"an empty list of {what}, which draft 4 refuses", "remove the line")


def _twice(node: YamlNode) -> Iterator[Problem]:
    seen: set[object] = set()
    for each in node.elements:
        value = _as_json(each.to_python())
        if value in seen:
            yield each.problem("is twice in the list, which draft 4 refuses", "remove one")
        seen.add(value)


def _as_json(value: object) -> object:
    """Return a hashable form of the value, in which true differs from 1, unlike in Python."""
    match value:
        case bool():
            return bool, value
        case dict():
            return dict, frozenset((key, _as_json(each)) for key, each in value.items())
        case list():
            return list, tuple(_as_json(each) for each in value)
    return value


_RULES: Final[Mapping[str, Rule]] = {
    "$ref": _text,
    "$schema": _text,
    "additionalItems": _schema_or_truth,
    "additionalProperties": _schema_or_truth,
    "allOf": _schemas,
    "anyOf": _schemas,
    "default": _anything,
    "definitions": _schemas_by_name,
    "dependencies": _dependencies,
    "description": _text,
    "enum": _values,
    "exclusiveMaximum": _exclusive,
    "exclusiveMinimum": _exclusive,
    "format": _text,
    "id": _text,
    "items": _schema_or_schemas,
    "maxItems": _count,
    "maxLength": _count,
    "maxProperties": _count,
    "maximum": _number,
    "minItems": _count,
    "minLength": _count,
    "minProperties": _count,
    "minimum": _number,
    "multipleOf": _step,
    "not": _schema,
    "oneOf": _schemas,
    "pattern": _text,
    "patternProperties": _schemas_by_name,
    "properties": _schemas_by_name,
    "required": _names,
    "title": _text,
    "type": _type,
    "uniqueItems": _truth,
}
"""Keyword → rule of its value. API Gateway answers any other with "Unsupported keyword(s)"."""

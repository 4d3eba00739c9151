"""Finds what a model of config.yaml refuses in a body, as API Gateway's validator does (draft 4).

A keyword or pattern that is not understood refuses nothing: the fault is a warning, and API Gateway
decides. https://json-schema.org/draft-04/schema
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

_DEEPEST: Final = 100
_TYPES: Final[Mapping[str, Callable[[Any], bool]]] = {
    "array": lambda value: isinstance(value, list),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "string": lambda value: isinstance(value, str),
}
_BOUNDS: Final = (
    ("minLength", "maxLength", str, "characters"),
    ("minItems", "maxItems", list, "elements"),
    ("minProperties", "maxProperties", dict, "members"),
)


def model_fault(schema: Mapping[str, Any], value: object) -> str:
    """Return the first fault with its place in the body, such as `name: is missing`, or ""."""
    return _fault(schema, value, "", schema, 0)


def _fault(schema: object, value: object, place: str, root: Mapping[str, Any], depth: int) -> str:
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return ""
    if isinstance(reference := schema.get("$ref"), str):  # its neighbours do not count
        return _fault(_definition(reference, root), value, place, root, depth + 1)

    def inner(part: object, of: object, name: str = "") -> str:
        return _fault(part, of, f"{place}{name}", root, depth + 1)

    own = _own_fault(schema, value)
    if own:
        return f"{place.lstrip('.') or 'the body'}: {own}"
    for part in schema.get("allOf", ()):
        if found := inner(part, value):
            return found
    for keyword in ("anyOf", "oneOf"):
        found_in = [inner(part, value) for part in schema.get(keyword, ())]
        if found_in and all(found_in):
            return found_in[0]
    if isinstance(value, dict):
        return _fault_of_member(schema, value, place, inner)
    items = schema.get("items")
    if isinstance(value, list) and isinstance(items, dict):
        faults = (inner(items, each, f"[{number}]") for number, each in enumerate(value))
        return next(filter(None, faults), "")
    return ""


def _fault_of_member(
    schema: Mapping[str, Any],
    value: Mapping[str, Any],
    place: str,
    inner: Callable[[object, object, str], str],
) -> str:
    known = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            return f"{place}.{name}".lstrip(".") + ": is missing"
    for name, each in value.items():
        if name in known and (found := inner(known[name], each, f".{name}")):
            return found
    if schema.get("additionalProperties") is False and "patternProperties" not in schema:
        more = next((name for name in value if name not in known), None)
        return f"{place}.{more}".lstrip(".") + ": the model knows no such member" if more else ""
    return ""


def _own_fault(schema: Mapping[str, Any], value: object) -> str:
    """Return what the value itself breaks, without what is inside it."""
    types = schema.get("type")
    allowed = [types] if isinstance(types, str) else types
    if isinstance(allowed, list) and not any(_TYPES[each](value) for each in allowed):
        return f"is no {' or '.join(allowed)}"
    if isinstance(values := schema.get("enum"), list) and not any(
        value == each and isinstance(value, bool) == isinstance(each, bool) for each in values
    ):
        return "is none of the values of `enum`"
    for least, most, kind, noun in _BOUNDS:
        if isinstance(value, kind):
            length = len(value)
            if length < schema.get(least, 0):
                return f"has fewer than {schema[least]} {noun}"
            if length > schema.get(most, length):
                return f"has more than {schema[most]} {noun}"
    if isinstance(value, str) and not _matches(schema.get("pattern"), value):
        return f"does not match {schema['pattern']}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _fault_of_number(schema, value)
    return ""


def _fault_of_number(schema: Mapping[str, Any], value: float) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and (value < low or (value == low and schema.get("exclusiveMinimum"))):
        return f"is below the minimum {low}"
    if high is not None and (value > high or (value == high and schema.get("exclusiveMaximum"))):
        return f"is above the maximum {high}"
    return ""


def _matches(pattern: object, value: str) -> bool:
    try:
        return not isinstance(pattern, str) or re.search(pattern, value) is not None
    except re.error:  # a form that Python lacks
        return True


def _definition(reference: str, root: Mapping[str, Any]) -> object:
    found: object = root
    for part in reference.removeprefix("#").strip("/").split("/"):
        if not isinstance(found, dict):
            return None
        found = found.get(part.replace("~1", "/").replace("~0", "~")) if part else found
    return found if reference.startswith("#") else None

"""A body is refused as JSON Schema draft 4 says, and in doubt it is not."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft4Validator  # type: ignore[import-untyped]

from provision.workflows.model_faults import model_fault

ITEM: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 5, "pattern": "^[a-z]+$"},
        "price": {"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 10},
        "tags": {"type": "array", "maxItems": 2, "items": {"$ref": "#/definitions/tag"}},
        "kind": {"enum": ["a", 1]},
        "either": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        "both": {"allOf": [{"type": "string"}, {"maxLength": 1}]},
    },
    "definitions": {"tag": {"type": ["string", "null"]}},
}


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"name": "tea"}, ""),
        ({"name": "tea", "price": 10, "tags": ["x", None], "kind": 1, "either": 2}, ""),
        ([], "the body: is no object"),
        ({}, "name: is missing"),
        ({"name": 1}, "name: is no string"),
        ({"name": ""}, "name: has fewer than 1 characters"),
        ({"name": "abcdef"}, "name: has more than 5 characters"),
        ({"name": "A"}, "name: does not match ^[a-z]+$"),
        ({"name": "a", "x": 1}, "x: the model knows no such member"),
        ({"name": "a", "price": 0}, "price: is below the minimum 0"),
        ({"name": "a", "price": 11}, "price: is above the maximum 10"),
        ({"name": "a", "price": True}, "price: is no number"),
        ({"name": "a", "tags": ["x", 1]}, "tags[1]: is no string or null"),
        ({"name": "a", "tags": ["x"] * 3}, "tags: has more than 2 elements"),
        ({"name": "a", "kind": True}, "kind: is none of the values of `enum`"),
        ({"name": "a", "either": None}, "either: is no string"),
        ({"name": "a", "both": "xx"}, "both: has more than 1 characters"),
    ],
)
def test_the_first_fault_is_named_with_its_place(body: Any, fault: str) -> None:
    assert model_fault(ITEM, body) == fault
    assert Draft4Validator(ITEM).is_valid(body) == (not fault)


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"pattern": "(?<x>a)"},
        {"$ref": "#/definitions/none"},
        {"$ref": "#"},
        {"$ref": "other.json"},
        {"not": {}},
    ],
)
def test_in_doubt_nothing_is_refused(schema: dict[str, Any]) -> None:
    assert model_fault(schema, "x") == ""

"""A body is refused as JSON Schema draft 4 says, and in doubt it is not."""

from __future__ import annotations

from typing import Any

import pytest

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
        "sizes": {"required": ["width"]},
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
        ([], 'the body: breaks "type": "object"'),
        ({}, "name: is missing"),
        ({"name": 1}, 'name: breaks "type": "string"'),
        ({"name": ""}, 'name: breaks "minLength": 1'),
        ({"name": "abcdef"}, 'name: breaks "maxLength": 5'),
        ({"name": "A"}, 'name: breaks "pattern": "^[a-z]+$"'),
        ({"name": "a", "x": 1, "y": 2}, "the body: the model has no x, y"),
        ({"name": "a", "price": 0}, 'price: breaks "minimum": 0'),
        ({"name": "a", "price": True}, 'price: breaks "type": "number"'),
        ({"name": "a", "tags": ["x", 1]}, 'tags[1]: breaks "type": ["string", "null"]'),
        ({"name": "a", "tags": ["x"] * 3}, 'tags: breaks "maxItems": 2'),
        ({"name": "a", "kind": True}, 'kind: breaks "enum": ["a", 1]'),
        ({"name": "a", "both": "xx"}, 'both: breaks "maxLength": 1'),
        ({"name": "a", "sizes": {}}, "sizes.width: is missing"),
    ],
)
def test_a_fault_is_named_with_its_place(body: Any, fault: str) -> None:
    assert model_fault(ITEM, body) == fault


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"pattern": "(?<x>a)"},
        {"$ref": "#/definitions/none"},
        {"$ref": "#"},
        {"$ref": "other.json"},
        {"$ref": "http://127.0.0.1:9/other.json"},
        {"patternProperties": {"(?<x>a)": {}}, "pattern": "["},
    ],
)
def test_in_doubt_nothing_is_refused(schema: dict[str, Any]) -> None:
    assert model_fault(schema, "x") == ""


def test_a_long_rule_is_cut() -> None:
    schema = {"enum": ["a" * 50, "b" * 50]}
    assert model_fault(schema, "c") == f'the body: breaks "enum": ["{"a" * 50}", "bbbb…'


def test_nothing_is_fetched_for_a_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr("urllib.request.urlopen", asked.append)
    assert model_fault({"$ref": "http://127.0.0.1:9/other.json"}, "x") == ""
    assert asked == []

"""Body models that draft 4 or API Gateway refuses are reported before any call, by line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provision.config.checks.models import _RULES, DEEPEST, TYPES, check_models
from provision.config.yaml.nodes import Position, YamlEntry, YamlNode
from tests.unit.config.sample import changed, line_of, problems_of

HERE = Position("config.yaml", 1, 1)
URL = "https://apigateway.amazonaws.com/restapis/abc123/models"


def node(value: Any, keys: tuple[str | int, ...] = ()) -> YamlNode:
    if isinstance(value, dict):
        entries = {k: YamlEntry(HERE, node(each, (*keys, k))) for k, each in value.items()}
        return YamlNode(entries, HERE, keys)
    if isinstance(value, list):
        return YamlNode([node(each, (*keys, at)) for at, each in enumerate(value)], HERE, keys)
    return YamlNode(value, HERE, keys, "" if value is None else str(value))


def told(**models: Any) -> list[str]:
    return [str(problem) for problem in check_models(node({"api": {"models": models}}))]


def schemas() -> st.SearchStrategy[Any]:
    """Generate almost valid schemas: each keyword with a value of its type, or of another."""
    words = st.sampled_from(["a", "b", "object", "string", "number", ""])
    plain = st.none() | st.booleans() | st.integers(-1, 2) | st.sampled_from([0.5, 1.0]) | words

    def inner(below: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        values = plain | st.lists(plain | below, max_size=2) | below
        named = st.dictionaries(st.sampled_from(["a", "b"]), below | plain, max_size=2)
        kinds = st.sampled_from(TYPES) | st.lists(st.sampled_from(TYPES), max_size=2)
        return st.fixed_dictionaries(
            {},
            optional={
                **dict.fromkeys(("maxLength", "minItems", "multipleOf", "maximum"), plain),
                **dict.fromkeys(("title", "pattern", "uniqueItems", "enum"), values),
                **dict.fromkeys(("required", "allOf", "items", "not"), values),
                **dict.fromkeys(("additionalItems", "additionalProperties"), values),
                **dict.fromkeys(("properties", "definitions", "dependencies"), named | plain),
                **dict.fromkeys(("minimum", "exclusiveMinimum"), st.integers() | st.booleans()),
                "type": kinds | plain,
                "default": values,
            },
        )

    return inner(st.recursive(st.just({}), inner, max_leaves=3))


def is_draft_4(schema: Any) -> bool:
    try:
        jsonschema.Draft4Validator.check_schema(schema)
    except jsonschema.SchemaError:
        return False
    return True


VALUES: list[Any] = [
    None, True, False, -1, 0, 1, 0.0, 0.5, 1.0, "", "a", "object", [], ["a"], ["a", "a"], [1, True],
    [1, 1.0], [{}], [{}, {}], [3], ["object", "null"], {},
    {"not": {}}, {"not": True}, {"not": ["b"]},
    {"not": []}, {"not": ["b", "b"]}, {"title": 3},
]  # fmt: skip


@pytest.mark.parametrize("keyword", sorted(set(_RULES) - {"$ref", "$schema"}))
def test_each_keyword_takes_what_draft_4_says(keyword: str) -> None:
    bound = {"exclusiveMinimum": {"minimum": 1}, "exclusiveMaximum": {"maximum": 1}}
    schemas = [{**bound.get(keyword, {}), keyword: value} for value in VALUES]
    assert [told(Item=schema) == [] for schema in schemas] == [is_draft_4(s) for s in schemas]


@settings(max_examples=100, deadline=None)
@given(schemas())
def test_what_draft_4_says_of_itself_is_what_is_told(schema: Any) -> None:
    assert (told(Item=schema) == []) == is_draft_4(schema)


@pytest.mark.parametrize(
    ("schema", "key", "says"),
    [
        ("{minimum: .inf}", "minimum", ".inf is no number in JSON"),
        ("{default: [-.inf]}", "default[0]", "-.inf is no number in JSON"),
        ("{type: strin}", "type", 'mean "string"?'),
        ("{required: []}", "required", "an empty list of names"),
        ("{enum: [a, a]}", "enum[1]", "is twice"),
        ('{maxLength: "35"}', "maxLength", "without quotes"),
        ("{properties: {a: null}}", "properties.a", "expected a schema"),
        ("{minLength: 1.5}", "minLength", "a whole number"),
        ("{exclusiveMinimum: true}", "exclusiveMinimum", "without minimum"),
        ("{$ref: Other}", "$ref", "no reference that API Gateway can follow"),
        (f"{{$ref: '{URL}/Other'}}", "$ref", "no model Other is above"),
        ("{$ref: '#/definitions/x'}", "$ref", "refers to no schema of this model"),
        ("{definitions: {x: {}}, not: {$ref: '#/definitions/y'}}", "not.$ref", "definitions/x"),
        ("{definitions: {x: {$ref: '#/definitions/x'}}}", "definitions.x.$ref", "to itself"),
    ],
)  # fmt: skip
def test_what_api_gateway_would_refuse(path: Path, schema: str, key: str, says: str) -> None:
    before = "Item: {type: object, required: [name], properties: {name: {type: string}}}"
    text = changed(before, f"Item: {schema}")
    (problem,) = problems_of(path, text)
    assert problem.line == line_of(text, "    Item: ")
    assert problem.key.replace('"', "") == f"api.models.Item.{key}"
    assert says in f"{problem.message}; {problem.suggestion}"


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"next": {"$ref": "#"}}},
        {"definitions": {"a/b": {}}, "items": {"$ref": "#/definitions/a~1b"}},
        {"definitions": {"node": {"properties": {"next": {"$ref": "#/definitions/node"}}}}},
        {"allOf": [{}, {"$ref": "#/allOf/0"}]},
        {"enum": [True, 1, "1"], "default": {"$ref": "nowhere"}},
        {"properties": {"$ref": {"type": "string"}, "const": {}}},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_what_it_takes(schema: dict[str, Any]) -> None:
    assert told(Item=schema) == []


def test_another_model_is_made_before_it() -> None:
    referring = {"$ref": f"{URL}/Item"}
    assert told(Item={}, Other=referring) == []
    (said,) = told(Other=referring, Item={})
    assert "no model Item is above" in said


def test_what_is_too_deep_ends_in_a_problem(path: Path) -> None:
    def nested(levels: int) -> Any:
        return {"not": nested(levels - 1)} if levels else {}

    assert told(Item=nested(DEEPEST)) == []
    (said,) = told(Item=nested(DEEPEST + 1))
    assert "more than 100 levels" in said
    text = changed("{type: string}}}", "{type: string}}, default: " + "[" * 350 + "]" * 350 + "}")
    (problem,) = problems_of(path, text)
    assert "more than 100" in problem.message


def test_a_pointer_of_thousands_of_digits_leads_nowhere() -> None:
    assert "refers to no schema" in told(A={"$ref": f"#/{'1' * 5_000}"})[0]


def test_references_that_end_alike_are_each_told() -> None:
    chain = {"a": "b", "b": "c", "c": "b", "d": "e", "e": "f", "g": "h", "h": {}}
    definitions = {
        name: {"$ref": f"#/definitions/{to}"} if isinstance(to, str) else to
        for name, to in chain.items()
    }
    said = told(A={"definitions": definitions})
    circles = [each for each in said if "refers to itself" in each]
    assert len(circles) == 3
    assert [each.partition(": ")[0] for each in said if each not in circles] == [
        "config.yaml:1" for _ in "de"
    ]
    assert all('"#/definitions/f" refers to no schema' in each for each in said[3:])


def test_truth_is_no_number_and_a_list_no_mapping() -> None:
    assert not told(A={"enum": [1, True, [], {}, "1", [True], [1]]})
    assert len(told(A={"enum": [1, 1.0, [{"a": [1]}], [{"a": [1.0]}]]})) == 2

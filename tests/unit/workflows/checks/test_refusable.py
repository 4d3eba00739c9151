"""A request with a body is made only where the validator is known to refuse it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.steps.apigateway.rest_api.contents import Contents, Method, Route, Validator
from provision.workflows.checks.refusable import (
    RefusedRequest,
    Unprovable,
    refused_body,
    refused_request,
)

MODEL = {"type": "object", "required": ["name"]}
ROUTE = Route("POST", "/items", "arn", body="Item")
BOTH = {"$default": "Item", "application/json": "Item"}
METHOD = Method(api_key=True, validator="body", models=BOTH)
API = Contents(
    resources={"/items": {"POST": METHOD}},
    models={"Item": MODEL},
    validators={"body": Validator(body=True, parameters=False)},
    gateway_responses={},
)


def asked(
    route: Route = ROUTE,
    api: Contents = API,
    models: dict[str, Any] | None = None,
    *,
    served: bool = True,
) -> RefusedRequest | Unprovable:
    return refused_request(route, "/items", api, models or {"Item": MODEL}, served=served)


def with_method(**changed: Any) -> Contents:
    return replace(API, resources={"/items": {"POST": replace(METHOD, **changed)}})


def test_what_the_validator_refuses_is_sent() -> None:
    assert asked() == RefusedRequest("POST", "/items", b"[]")


@pytest.mark.parametrize(
    ("case", "why"),
    [
        ({"route": replace(ROUTE, body=None)}, "has no model"),
        ({"route": replace(ROUTE, method="DELETE")}, "has no model"),
        ({"api": replace(API, resources={})}, "no such method"),
        ({"api": with_method(validator=None)}, "no validator"),
        ({"api": with_method(validator="unknown")}, "no validator"),
        (
            {"api": replace(API, validators={"body": Validator(body=False, parameters=True)})},
            "no validator",
        ),
        ({"api": with_method(models={"application/json": "Item"})}, "another model"),
        ({"api": with_method(models={**BOTH, "$default": "Empty"})}, "another model"),
        ({"api": replace(API, models={"Item": {}})}, "is another one in AWS"),
        ({"api": replace(API, models={})}, "is another one in AWS"),
        ({"served": False}, "does not serve"),
    ],
)
def test_anything_less_than_a_proof_is_not_sent(case: dict[str, Any], why: str) -> None:
    found = asked(**case)
    assert isinstance(found, Unprovable)
    assert why in found.why


def test_a_model_that_refuses_no_type_is_not_sent() -> None:
    for model in ({}, {"required": ["name"]}, {"type": ["array", "object", "string", "boolean"]}):
        api = replace(API, models={"Item": model})
        found = asked(api=api, models={"Item": model})
        assert isinstance(found, Unprovable), model


TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
_LEAF: dict[str, st.SearchStrategy[Any]] = {
    "type": st.one_of(
        st.sampled_from(TYPES), st.lists(st.sampled_from(TYPES), min_size=1, unique=True)
    ),
    "required": st.just(["name"]),
    "enum": st.just([[], {}, "provision-check", True]),
}
_REFERENCE = {"$ref": st.sampled_from(["#/definitions/a", "#/definitions/b"])}


def schemas(leaf: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy of schemas of JSON Schema draft 4."""
    return st.recursive(
        st.fixed_dictionaries({}, optional=leaf),
        lambda inner: st.fixed_dictionaries(
            {},
            optional={
                "type": st.sampled_from(TYPES),
                **{
                    name: st.lists(inner, min_size=1, max_size=3)
                    for name in ("allOf", "anyOf", "oneOf")
                },
                "not": inner,
            },
        ),
        max_leaves=8,
    )


@given(schema=schemas(_LEAF | _REFERENCE), one=schemas(_LEAF), other=schemas(_LEAF))
def test_the_body_is_refused_by_the_schema_itself(
    schema: dict[str, Any], one: dict[str, Any], other: dict[str, Any]
) -> None:
    """By a validator of JSON Schema draft 4, for any schema that has a body to try."""
    whole = {**schema, "definitions": {"a": one, "b": other}}
    body = refused_body(whole)
    if body is not None:
        assert not jsonschema.Draft4Validator(whole).is_valid(json.loads(body))


def test_a_reference_to_itself_ends() -> None:
    assert (
        refused_body({"$ref": "#/definitions/a", "definitions": {"a": {"$ref": "#/definitions/a"}}})
        is None
    )
    deep = {"definitions": {"a": {"type": "object"}}, "$ref": "#/definitions/a"}
    assert refused_body(deep) == b"[]"

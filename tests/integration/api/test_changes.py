"""A change of the API's answers is published and served; any other change is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from provision.model.step import Document
from provision.plan.change import Action
from provision.steps.apigateway.rest_api import api
from provision.steps.apigateway.rest_api.contents import Authorizer, Contents, Cors, Method, Route
from provision.steps.apigateway.rest_api.routes import contents_of
from tests.integration.api.shop import MOVES, PUBLISHES, Api, Shop

CORS = {"origins": ["*"], "headers": ["X-Api-Key"], "max_age": 600}
THING = {"type": "object", "required": ["name"]}
BASE: Api = {
    "routes": {"GET /a": "items", "POST /a": {"function": "items", "body": "Thing"}},
    "models": {"Thing": THING},
    "cors": CORS,
}
ROUTES = BASE["routes"]
CHANGED: Mapping[str, Api] = {
    "a route more": {"routes": {**ROUTES, "GET /a/{id}": "items"}},
    "a route less": {"routes": {"GET /a": "items"}, "models": {}},
    "the function behind a route": {"routes": {**ROUTES, "GET /a": "other"}},
    "a required parameter": {"routes": {**ROUTES, "GET /a": {"function": "items", "query": ["q"]}}},
    "a body no longer checked": {"routes": {**ROUTES, "POST /a": "items"}},
    "a model": {"models": {"Thing": {"type": "array"}}},
    "origin": {"cors": {**CORS, "origins": ["https://app.example.com"]}},
    "headers": {"cors": {**CORS, "headers": ["X-Api-Key", "X-More"]}},
    "headers to read": {"cors": {**CORS, "expose": ["ETag"]}},
    "age of a preflight": {"cors": {**CORS, "max_age": 5}},
    "no pages of others": {"cors": None},
}


def test_each_change_is_told_published_once_and_served(shop: Shop) -> None:
    shop.up(BASE)
    for name, change in CHANGED.items():
        changed = {**BASE, **change}
        writes = shop.up(changed)
        assert shop.actions == [Action.UPDATE, Action.REPLACE, Action.UPDATE], name
        assert writes.count(PUBLISHES) == writes.count(MOVES) == 1, name
        shop.live(changed)


def slower(route: Method) -> Method:
    assert route.integration
    return replace(route, integration=replace(route.integration, timeout=28000))


def otherwise(kind: str) -> Any:
    """Return a function that builds the API as a later version of this tool may."""

    def made(
        routes: Sequence[Route],
        cors: Cors | None,
        models: Mapping[str, Document],
        binary: tuple[str, ...],
        authorizers: Sequence[Authorizer],
    ) -> Contents:
        contents = contents_of(routes, cors, models, binary, authorizers)
        methods = contents.resources["/a"]
        match kind:
            case "timeout":
                methods = {**methods, "GET": slower(methods["GET"])}
            case "gateway answers":
                answers = contents.gateway_responses
                mild = {**answers, "THROTTLED": replace(answers["THROTTLED"], status="420")}
                return replace(contents, gateway_responses=mild)
            case "validators":
                named = contents.validators["body"]
                strict = {**contents.validators, "body": replace(named, parameters=True)}
                return replace(contents, validators=strict)
        return replace(contents, resources={**contents.resources, "/a": methods})

    return made


def test_so_is_what_another_version_of_this_program_makes_of_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.up(BASE)
    for kind in ("timeout", "gateway answers", "validators"):
        monkeypatch.setattr(api, "contents_of", otherwise(kind))
        writes = shop.up(BASE)
        assert writes.count(PUBLISHES) == writes.count(MOVES) == 1, kind
        shop.live(BASE)
    monkeypatch.setattr(api, "contents_of", contents_of)
    monkeypatch.setattr("provision.stack.api.Route", keyless)
    assert shop.up(BASE).count(PUBLISHES) == 1
    shop.live(BASE)


def keyless(*, api_key: bool, **parts: Any) -> Route:
    return Route(**parts, api_key=not api_key)


def test_what_the_stage_or_a_plan_says_publishes_nothing(shop: Shop) -> None:
    changed = {
        **BASE,
        "throttle": {"rate": 5, "burst": 6},
        "log": {"level": "ERROR", "retention": 60},
        "keys": ["default", "partner"],
        "quota": {"limit": 5, "period": "DAY"},
    }
    shop.up(BASE)
    writes = shop.up(changed)
    assert shop.actions == [Action.KEEP, Action.KEEP, Action.UPDATE]
    assert PUBLISHES not in writes
    shop.live(changed)

"""A preflight of the emulator names the origin that asks, by its template, as on AWS (A47)."""

from __future__ import annotations

import pytest

from provision.local.gateway_preflights import rendered
from provision.steps.apigateway.rest_api.contents import Cors
from provision.steps.apigateway.rest_api.responses import preflight

OTHERS = ("https://b.example", "http://localhost:3000")


def template() -> str:
    cors = Cors("https://a.example", ("X-Api-Key",), 60, others=OTHERS)
    integration = preflight(cors, ["GET"]).integration
    assert integration
    return integration.responses["200"].templates["application/json"]


@pytest.mark.parametrize("name", ["Origin", "origin"])
@pytest.mark.parametrize("origin", OTHERS)
def test_a_listed_origin_is_named(name: str, origin: str) -> None:
    found = rendered(template(), {name: origin})
    assert found == ({"Access-Control-Allow-Origin": origin}, "")


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": "https://a.example"}, {"origin": "https://b.example.evil"}, {"x": OTHERS[0]}],
)
def test_another_is_not(headers: dict[str, str]) -> None:
    assert rendered(template(), headers) == ({}, "")


def test_text_outside_of_conditions_is_the_body() -> None:
    assert rendered(f"{template()}responseOverride", {})[1] == "responseOverride"

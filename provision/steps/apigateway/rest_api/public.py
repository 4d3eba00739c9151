"""The public routes of an API, which need no key, and the risks of making a route public or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from provision.model.risks import Impact, Risk
from provision.steps.apigateway.rest_api.contents import Route
from provision.unknown import is_known

MOST_NAMED: Final = 4
"""The most routes that one sentence names; the others are counted."""


def public_routes(routes: Sequence[Route]) -> tuple[Route, ...]:
    """Return the routes that need no key; none while the routes are unknown."""
    return tuple(route for route in routes if not route.api_key) if is_known(routes) else ()


def key_risks(want: Sequence[Route], have: Sequence[Route]) -> Sequence[Risk]:
    """Return the risks of routes that become public, and of those that need a key from then on."""
    return tuple(_risks(want, have)) if is_known(want) else ()


def named(routes: Sequence[Route]) -> str:
    """Return `GET /health and POST /hook`, or the first few of many."""
    labels = [route.label for route in routes]
    if len(labels) > MOST_NAMED:
        labels = [*labels[: MOST_NAMED - 1], f"{len(labels) - MOST_NAMED + 1} more"]
    return " and ".join(part for part in (", ".join(labels[:-1]), labels[-1]) if part)


def _risks(want: Sequence[Route], have: Sequence[Route]) -> Iterator[Risk]:
    before = {route.label: route.api_key for route in have}
    opened = [route for route in public_routes(want) if before.get(route.label, True)]
    if opened:
        yield Risk(Impact.WEAKER, f"anyone can call {named(opened)} without a key: public")
    if writing := [route for route in opened if route.writes]:
        verb = "writes" if len(writing) == 1 else "write"
        yield Risk(Impact.WEAKER, f"{named(writing)} {verb}, and so can anyone")
    closed = [route for route in want if route.api_key and not before.get(route.label, True)]
    if closed:
        yield Risk(Impact.DOWNTIME, f"callers of {named(closed)} without a key get 403")

"""The needs of a route's callers: nothing, a key, an authorizer; and the risks of changing them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from provision.model.risks import Impact, Risk
from provision.steps.apigateway.rest_api.contents import SIGNED, Route
from provision.unknown import is_known

MOST_NAMED: Final = 4
"""The most routes that one sentence names; the others are counted."""


def public_routes(routes: Sequence[Route]) -> tuple[Route, ...]:
    """Return the routes without key and authorizer; none while the routes are unknown."""
    return tuple(route for route in routes if _public(route)) if is_known(routes) else ()


def authorized_routes(routes: Sequence[Route]) -> Mapping[str, tuple[Route, ...]]:
    """Return the routes of each authorizer; none while the routes are unknown."""
    found: dict[str, tuple[Route, ...]] = {}
    for route in routes if is_known(routes) else ():
        if route.auth:
            found[route.auth] = (*found.get(route.auth, ()), route)
    return dict(sorted(found.items()))


def key_risks(want: Sequence[Route], have: Sequence[Route]) -> Sequence[Risk]:
    """Return the risks of routes that become public, and of those that need a key from then on."""
    return tuple(_risks(want, have)) if is_known(want) else ()


def auth_risks(want: Sequence[Route], have: Sequence[Route]) -> Sequence[Risk]:
    """Return the risks of routes whose callers must say who they are, or no longer need to."""
    return tuple(_auth_risks(want, have)) if is_known(want) else ()


def named(routes: Sequence[Route]) -> str:
    """Return `GET /health and POST /hook`, or the first few of many."""
    labels = [route.label for route in routes]
    if len(labels) > MOST_NAMED:
        labels = [*labels[: MOST_NAMED - 1], f"{len(labels) - MOST_NAMED + 1} more"]
    return " and ".join(part for part in (", ".join(labels[:-1]), labels[-1]) if part)


def _risks(want: Sequence[Route], have: Sequence[Route]) -> Iterator[Risk]:
    public = {route.label for route in have if _public(route)}
    before = {route.label: route.api_key for route in have}
    opened = [route for route in public_routes(want) if route.label not in public]
    if opened:
        yield Risk(Impact.WEAKER, f"anyone can call {named(opened)} without a key: public")
    if writing := [route for route in opened if route.writes]:
        verb = "writes" if len(writing) == 1 else "write"
        yield Risk(Impact.WEAKER, f"{named(writing)} {verb}, and so can anyone")
    closed = [route for route in want if route.api_key and not before.get(route.label, True)]
    if closed:
        yield Risk(Impact.DOWNTIME, f"callers of {named(closed)} without a key get 403")


def _auth_risks(want: Sequence[Route], have: Sequence[Route]) -> Iterator[Risk]:
    before = {route.label: route for route in have}
    both = [(route, before[route.label]) for route in want if route.label in before]
    asked = [now for now, then in both if now.auth and (now.auth, now.scopes) != _asks(then)]
    if asked:
        code = "401 or 403" if any(route.auth == SIGNED for route in asked) else "401"
        yield Risk(Impact.DOWNTIME, f"callers of {named(asked)} whom it refuses get {code}")
    free = [now for now, then in both if then.auth and not now.auth and not _public(now)]
    if free:
        yield Risk(Impact.WEAKER, f"{named(free)} no longer asks who calls: the key is enough")


def _asks(route: Route) -> tuple[str, tuple[str, ...]]:
    return route.auth, route.scopes


def _public(route: Route) -> bool:
    return not route.api_key and not route.auth

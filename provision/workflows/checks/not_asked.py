"""Says which routes and checks were not asked, and why: what may write is left to the user."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from provision.config.checks.routes import WITH_BODY
from provision.steps.apigateway.rest_api.contents import Route
from provision.workflows.checks.catalog import DEEP
from provision.workflows.checks.check import EndpointCheck
from provision.workflows.checks.keys import answers_get
from provision.workflows.checks.target import CheckTarget


@dataclass(frozen=True)
class NotAsked:
    """A route whose function got no request, or a check; `hint` has the command that asks it."""

    subject: str
    reason: str
    hint: str


def not_asked(target: CheckTarget, asked: Sequence[EndpointCheck]) -> list[NotAsked]:
    """Return the routes that `key-right` and `public` leave out, and the checks of `--deep`.

    With a choice of checks that does not have them, nothing is left out.
    """
    chosen = {check.id for check in asked}
    routes = _routes(target) if {"key-right", "public"} <= chosen else []
    deep = [check for check in DEEP if check.id not in chosen and "dead-letters" in chosen]
    return [
        *routes,
        *(NotAsked(one.id, "it writes", "`provision check --deep` asks it too") for one in deep),
    ]


def _body(route: Route) -> str:
    """Return the option for a body, to complete, if the route has one."""
    return " --body '{…}'" if route.body or route.method in WITH_BODY else ""


def _routes(target: CheckTarget) -> list[NotAsked]:
    return [
        NotAsked(
            route.label,
            _why(route),
            f"`provision invoke --route {shlex.quote(route.label)}{_body(route)}` sends one"
            " request",
        )
        for route in target.routes
        if route.auth or not answers_get(route)
    ]


def _why(route: Route) -> str:
    if route.auth:
        return "no check has a token or signature"
    return "its query is the caller's" if route.method == "GET" else "it may write"

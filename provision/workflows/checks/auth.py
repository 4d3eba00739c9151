"""Checks that a route with an authorizer refuses callers who do not say who they are."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from provision.steps.apigateway.rest_api.contents import REQUEST, SIGNED, Route
from provision.workflows.checks.check import EndpointCheck
from provision.workflows.checks.cors import refusal_headers
from provision.workflows.checks.keys import NO_KEY
from provision.workflows.checks.refusable import Unprovable
from provision.workflows.checks.round import Round
from provision.workflows.checks.target import CheckTarget
from provision.workflows.checks.verdict import Verdict, failed, held_up, passed


def _authorized(target: CheckTarget) -> list[str]:
    return [route.label for route in target.routes if route.auth]


def _auth_missing(this: Round, subject: str) -> Verdict:
    """Ask with the key alone, or read the deployment if no request to the route is safe."""
    route = this.target.route(subject)
    if route.api_key and not this.key:
        return held_up(f"{NO_KEY}: see key-right")
    answer = this.keyed(route)
    if isinstance(answer, Unprovable):
        return _in_deployment(this, route)
    wanted = _refusals(this, route)
    how = "without a signature" if route.auth == SIGNED else "without a token"
    if answer.status not in wanted:
        return failed(f"{' or '.join(str(each.value) for each in wanted)} {how}", answer.label)
    cors = this.target.api.cors
    if cors and (wrong := refusal_headers(cors, answer.headers)):
        return failed(f"CORS headers on the {answer.status}", wrong)
    return passed(f"{answer.status} {how}")


def _refusals(this: Round, route: Route) -> tuple[HTTPStatus, ...]:
    """Return the statuses of a refusal. Without a cache, a function gets requests without token."""
    if route.auth == SIGNED:
        return (HTTPStatus.FORBIDDEN,)
    authorizer = this.target.api.contents().authorizers[route.auth]
    decides = authorizer.kind == REQUEST and authorizer.cache == 0
    return (HTTPStatus.UNAUTHORIZED, *([HTTPStatus.FORBIDDEN] if decides else []))


def _in_deployment(this: Round, route: Route) -> Verdict:
    want = this.target.api.contents().resources[route.path][route.method].authorization
    have = this.deployed.authorizations.get(route.label)
    if have == want:
        return passed(f"{want} in the deployment")
    return failed(f"{want} in the deployment", have or "the deployment has no such method")


AUTH_CHECKS: Final = (
    EndpointCheck(
        id="auth-missing",
        noun="route",
        subjects=_authorized,
        ask=_auth_missing,
        absent="no route has an authorizer",
    ),
)

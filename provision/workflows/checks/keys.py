"""Checks that callers with the key reach the routes, that others reach none, and nothing else."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from provision.steps.apigateway.rest_api.contents import Route
from provision.steps.apigateway.rest_api.public import public_routes
from provision.workflows.checks.check import EndpointCheck
from provision.workflows.checks.http import HttpAnswer
from provision.workflows.checks.refusable import Unprovable
from provision.workflows.checks.round import Round, Traced
from provision.workflows.checks.target import CheckTarget
from provision.workflows.checks.verdict import Verdict, failed, failed_by_function, held_up, passed

NO_KEY: Final = "no API key of the stack is enabled"
_OK: Final = range(200, 300)
_REFUSED_HERE: Final = "send a valid key"
"""A part of the message with which our API refuses a key (`rest_api/responses.py`)."""


def needs_key(target: CheckTarget) -> list[str]:
    """Return the routes that require a key."""
    return [route.label for route in target.routes if route.api_key]


def readable(target: CheckTarget) -> list[str]:
    """Return the routes that a GET with the key alone must reach."""
    return [
        route.label
        for route in target.routes
        if route.api_key and not route.auth and answers_get(route)
    ]


def _public(target: CheckTarget) -> list[str]:
    """Return the routes that need no key."""
    return [route.label for route in public_routes(target.routes)]


def answers_get(route: Route) -> bool:
    """Return whether a GET without query and body reaches the function."""
    return route.method == "GET" and not route.query and route.body is None


def _one_route(target: CheckTarget) -> list[str]:
    """Return the route that is asked with a wrong key: one that needs no body, if there is one."""
    keyed = [route for route in target.routes if route.api_key and not route.auth]
    asked = sorted(keyed, key=lambda route: (route.method != "GET", route.body is None))
    return [route.label for route in asked[:1]]


def _key_missing(this: Round, subject: str) -> Verdict:
    route = this.target.route(subject)
    if route.auth:  # refuses first, with a key and without
        return _in_summary(this, subject)
    answer = this.keyless(route)
    if isinstance(answer, Unprovable):
        return _in_summary(this, subject)
    return _refusal(answer, "without a key")


def _in_summary(this: Round, subject: str, *, want: bool = True) -> Verdict:
    """Return whether the deployment shows that the method requires a key, or that it does not."""
    required = this.deployed.keys.get(subject)
    wanted = "apiKeyRequired in the deployment" if want else "no apiKeyRequired in the deployment"
    if required is want:
        return passed(wanted)
    absent = "the deployment has no such method"
    return failed(wanted, absent if required is None else f"apiKeyRequired is {required!s}".lower())


def _key_wrong(this: Round, subject: str) -> Verdict:
    answer = this.wrongly_keyed(this.target.route(subject))
    if isinstance(answer, Unprovable):
        return _in_summary(this, subject)
    return _refusal(answer, "with a wrong key")


def _refusal(answer: HttpAnswer, how: str) -> Verdict:
    if answer.status == HTTPStatus.FORBIDDEN:
        return passed(f"403 {how}")
    return failed(f"403 {how}", answer.label)


def _key_right(this: Round, subject: str) -> Verdict:
    route = this.target.route(subject)
    if route.api_key and not this.key:
        return failed("an enabled API key", NO_KEY)
    answer = this.keyed(route)
    plain = "{" not in route.path
    want = "2xx with the key" if plain else "no 403 and no 5xx with the key"
    if isinstance(answer, Unprovable):
        return failed(want, "not sent, since another API could get the key", answer.why)
    if not reaches(answer, plain=plain):
        if answer.is_of_function:
            return failed_by_function(want, answer.label, _why_of_function(answer))
        return failed(want, answer.label, _why(this, answer))
    this.memory.traced.setdefault(this.target.function_of(route), Traced(route, answer))
    return passed(f"{subject} {answer.status}")


def _public_open(this: Round, subject: str) -> Verdict:
    route = this.target.route(subject)
    answer = this.keyless(route)
    if isinstance(answer, Unprovable):
        return _in_summary(this, subject, want=False)
    if not answers_get(route):  # refused by the validator, which is asked after the key
        fine = answer.status == HTTPStatus.BAD_REQUEST
        return passed("400, not 403") if fine else failed("400 without a key", answer.label)
    plain = "{" not in route.path
    if not reaches(answer, plain=plain):
        want = "2xx without a key" if plain else "no 403 and no 5xx without a key"
        if answer.is_of_function:
            return failed_by_function(want, answer.label, _why_of_function(answer))
        return failed(want, answer.label)
    this.memory.traced.setdefault(this.target.function_of(route), Traced(route, answer))
    return passed(f"{subject} {answer.status}, public")


def reaches(answer: HttpAnswer, *, plain: bool) -> bool:
    """Return whether the answer is a function's. `plain`: the path has no variable."""
    if plain:
        return answer.status in _OK
    refused = {0, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}
    return answer.status not in refused and answer.status < HTTPStatus.INTERNAL_SERVER_ERROR


def _why(this: Round, answer: HttpAnswer) -> str:
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return "the rate or the quota of the key is used up"
    if answer.status != HTTPStatus.FORBIDDEN:
        return ""
    if this.target.inputs.config.api.waf and _REFUSED_HERE not in answer.message:
        return "the web ACL may have blocked it: it is not how the API refuses a key"
    return "a key works up to two minutes after it was attached: --wait 120"


def _why_of_function(answer: HttpAnswer) -> str:
    if answer.status == HTTPStatus.BAD_GATEWAY:
        return "the function failed, or returned what API Gateway cannot pass on"
    if answer.status == HTTPStatus.GATEWAY_TIMEOUT:
        return "the function did not answer in time"
    return "the function itself answers so"


def _route_unknown(this: Round, subject: str) -> Verdict:  # noqa: ARG001  (there is one)
    answer = this.unknown()
    want = "403 or 404 for a path that is no route, and no other method in the deployment"
    if answer.status not in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
        return failed(want, answer.label)
    target = this.target
    known = {route.label for route in target.routes}
    known |= {f"OPTIONS {route.path}" for route in target.routes}
    if others := sorted(this.deployed.keys.keys() - known):
        return failed(want, f"the deployment also has {', '.join(others)}")
    return passed(str(answer.status))


def _no_key_reason(this: Round, route: Route) -> Verdict | None:
    """Return why the route cannot be asked with the key now, or None."""
    return held_up(f"{NO_KEY}: see key-right") if route.api_key and not this.key else None


def keyed_answer(this: Round, route: Route) -> HttpAnswer | Unprovable | Verdict:
    """Return the answer with the key; a verdict if key or API keep the request from its check."""
    if verdict := _no_key_reason(this, route):
        return verdict
    answer = this.keyed(route)
    if isinstance(answer, HttpAnswer) and answer.status == HTTPStatus.FORBIDDEN:
        return held_up("the key is refused: see key-right")
    return answer


KEY_CHECKS: Final = (
    EndpointCheck(
        id="key-missing",
        noun="route",
        subjects=needs_key,
        ask=_key_missing,
        absent="no route needs a key",
    ),
    EndpointCheck(
        id="key-wrong",
        noun="route",
        subjects=_one_route,
        ask=_key_wrong,
        absent="no route needs a key alone",
    ),
    EndpointCheck(
        id="key-right",
        noun="route",
        subjects=readable,
        ask=_key_right,
        absent="no GET route that needs a key alone and no query",
    ),
    EndpointCheck(
        id="public",
        noun="route",
        subjects=_public,
        ask=_public_open,
        absent="every route needs a key or an authorizer",
    ),
    EndpointCheck(
        id="route-unknown",
        subjects=lambda target: [f"/{target.name}"],
        ask=_route_unknown,
    ),
)

"""Checks that API Gateway refuses bodies and queries that config.yaml does not allow."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from provision.steps.apigateway.rest_api.routes import QUERY
from provision.workflows.checks.check import EndpointCheck
from provision.workflows.checks.cors import refusal_headers
from provision.workflows.checks.http import HttpAnswer
from provision.workflows.checks.keys import keyed_answer
from provision.workflows.checks.refusable import Unprovable
from provision.workflows.checks.round import Round
from provision.workflows.checks.target import CheckTarget
from provision.workflows.checks.verdict import Verdict, failed, passed

SOON: Final = 1.0
"""Seconds in which API Gateway itself answers: a function was not waited for."""


def _with_body(target: CheckTarget) -> list[str]:
    """Return the routes whose model is asked; an authorizer refuses before it."""
    return [route.label for route in target.routes if route.body and not route.auth]


def _with_query(target: CheckTarget) -> list[str]:
    return [route.label for route in target.routes if route.query and not route.auth]


def _body_refused(this: Round, subject: str) -> Verdict:
    want = "400 for a body that the model refuses"
    route = this.target.route(subject)
    proven = this.refused(route)
    if isinstance(proven, Unprovable):
        return failed(want, "not sent, since it could be taken", proven.why)
    return _refused(this, keyed_answer(this, route), want)


def _query_refused(this: Round, subject: str) -> Verdict:
    route = this.target.route(subject)
    want = f"400 without {', '.join(route.query)}"
    if route.method == "GET":
        return _refused(this, keyed_answer(this, route), want)
    contents = this.deployed.contents
    method = contents.resources.get(route.path, {}).get(route.method)
    validator = contents.validators.get(method.validator or "") if method else None
    if method is None or validator is None or not validator.parameters:
        return failed(want, "the method has no validator of parameters")
    optional = [name for name in route.query if not method.parameters.get(QUERY + name)]
    if optional:
        return failed(want, f"the method does not require {', '.join(optional)}")
    return passed("the method requires it")


def _refused(this: Round, answer: HttpAnswer | Unprovable | Verdict, want: str) -> Verdict:
    if isinstance(answer, Verdict):
        return answer
    if isinstance(answer, Unprovable):
        return failed(want, "not sent, since it could be taken", answer.why)
    if answer.status != HTTPStatus.BAD_REQUEST:
        return failed(want, answer.label)
    cors = this.target.api.cors
    if cors and (wrong := refusal_headers(cors, answer.headers)):
        return failed("CORS headers on the 400", wrong)
    if answer.seconds > SOON:
        return failed(f"a 400 within {SOON:.0f} s", f"{answer.seconds:.1f} s")
    return passed("400")


VALIDATION_CHECKS: Final = (
    EndpointCheck(
        id="body-refused",
        noun="route",
        subjects=_with_body,
        ask=_body_refused,
        absent="no route has a body",
    ),
    EndpointCheck(
        id="query-refused",
        noun="route",
        subjects=_with_query,
        ask=_query_refused,
        absent="no route has a query",
    ),
)

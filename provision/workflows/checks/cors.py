"""Checks what browsers need: CORS headers on answers, on refusals and on preflights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Final

from provision.steps.apigateway.rest_api.contents import Cors
from provision.workflows.checks.check import EndpointCheck
from provision.workflows.checks.http import HttpAnswer
from provision.workflows.checks.keys import keyed_answer, needs_key, reaches, readable
from provision.workflows.checks.refusable import Unprovable
from provision.workflows.checks.round import ANY_ORIGIN, Round
from provision.workflows.checks.target import CheckTarget
from provision.workflows.checks.verdict import Verdict, failed, failed_by_function, held_up, passed

ORIGIN: Final = "access-control-allow-origin"
HEADERS: Final = "access-control-allow-headers"
METHODS: Final = "access-control-allow-methods"
MAX_AGE: Final = "access-control-max-age"
CREDENTIALS: Final = "access-control-allow-credentials"
VARY: Final = "vary"
_ABSENT: Final = "config.yaml has no cors"
_OF_4XX: Final = "DEFAULT_4XX"
_OF_5XX: Final = "DEFAULT_5XX"
_GATEWAY: Final = "gatewayresponse.header."
_BY_FUNCTION: Final = "the function's answer has the header, as `answer` in api_helpers.py makes it"
_OK: Final = range(200, 300)


def _with_cors(target: CheckTarget, subjects: list[str]) -> list[str]:
    return subjects if target.api.cors else []


def _refusing(target: CheckTarget) -> list[str]:
    """Return the routes that `key-missing` sends a request to, and the refusals of other causes."""
    sent = {
        route.label
        for route in target.routes
        if not route.auth and (route.method == "GET" or route.body)
    }
    return [*(label for label in needs_key(target) if label in sent), _OF_4XX]


def _paths(target: CheckTarget) -> list[str]:
    return sorted({route.path for route in target.routes})


def _cors(this: Round) -> Cors:
    cors = this.target.api.cors
    assert cors is not None, "without cors these checks have no subject"
    return cors


def wrong_header(headers: Mapping[str, str], name: str, want: str) -> str:
    """Return how a header differs from the one that is wanted; empty if it does not."""
    have = headers.get(name)
    if have is None:
        return f"no {name}"
    return "" if have.strip() == want else f"{name}: {have}"


def lacking_headers(headers: Mapping[str, str], name: str, wanted: Iterable[str]) -> str:
    """Return what a header with a list of names lacks; empty if it lacks nothing."""
    have = {part.strip().lower() for part in headers.get(name, "").split(",")}
    lacks = [part for part in wanted if part.lower() not in have]
    if name not in headers:
        return f"no {name}"
    return f"{name} without {', '.join(lacks)}" if lacks else ""


def refusal_headers(cors: Cors, headers: Mapping[str, str]) -> str:
    """Return what an answer of API Gateway itself lacks for a browser; empty if nothing."""
    return (
        wrong_header(headers, ORIGIN, cors.origin)
        or lacking_headers(headers, HEADERS, cors.headers)
        or _terms(cors, headers)
    )


def _terms(cors: Cors, headers: Mapping[str, str]) -> str:
    """Return what an answer lacks where there are credentials, or several origins."""
    if cors.credentials and (wrong := wrong_header(headers, CREDENTIALS, "true")):
        return wrong
    return lacking_headers(headers, VARY, ["Origin"]) if cors.others else ""


def _wrong_for_others(
    cors: Cors, ask: Callable[[str], HttpAnswer | Unprovable]
) -> tuple[str, str] | None:
    """Return what another origin should get and does not, and what it gets; None if all do.

    One that is not in config.yaml must not be allowed.
    """
    if cors.origin == "*":
        return None
    for origin in (*cors.others, ANY_ORIGIN):
        answer = ask(origin)
        if isinstance(answer, Unprovable):
            continue
        if origin in cors.others:
            if wrong := wrong_header(answer.headers, ORIGIN, origin) or _terms(
                cors, answer.headers
            ):
                return f"{ORIGIN}: {origin} for its pages", f"{wrong} on the {answer.label}"
        elif answer.headers.get(ORIGIN) in {origin, "*"}:
            return f"no {ORIGIN} for other pages", f"{ORIGIN}: {answer.headers[ORIGIN]}"
    return None


def _told(cors: Cors) -> str:
    more = f" and {len(cors.others)} more" if cors.others else ""
    return f"{ORIGIN}: {cors.origin}{more}"


def _cors_answer(this: Round, subject: str) -> Verdict:
    route, cors = this.target.route(subject), _cors(this)
    answer = keyed_answer(this, route)
    if isinstance(answer, Verdict):
        return answer
    if isinstance(answer, Unprovable):
        return held_up(f"the key is not sent: {answer.why}")
    if not reaches(answer, plain="{" not in route.path):
        return held_up("the function did not answer: see key-right")
    if wrong := wrong_header(answer.headers, ORIGIN, cors.origin) or _terms(cors, answer.headers):
        have = f"{wrong} on the {answer.status}"
        return failed_by_function(f"{ORIGIN}: {cors.origin}", have, _BY_FUNCTION)
    if others := _wrong_for_others(cors, lambda origin: this.from_origin(route, origin)):
        return failed_by_function(*others, _BY_FUNCTION)
    return passed(_told(cors))


def _cors_refusal(this: Round, subject: str) -> Verdict:
    if subject == _OF_4XX:
        return _gateway_response(this, subject)
    answer = this.keyless(this.target.route(subject))
    if isinstance(answer, Unprovable):
        return held_up(f"no request is sent: the route {answer.why}")
    if answer.status != HTTPStatus.FORBIDDEN:
        return held_up("it was not refused: see key-missing")
    cors = _cors(this)
    if wrong := refusal_headers(cors, answer.headers):
        want = f"{ORIGIN}: {cors.origin}, and {HEADERS}"
        return failed(want, f"{wrong} on the 403")
    return passed(f"{ORIGIN}: {cors.origin}")


def _gateway_response(this: Round, subject: str) -> Verdict:
    found = this.deployed.contents.gateway_responses.get(subject)
    headers = {
        name.removeprefix(_GATEWAY).lower(): value.strip("'")
        for name, value in (found.headers if found else {}).items()
    }
    cors = _cors(this)
    if wrong := refusal_headers(cors, headers):
        return failed(f"{ORIGIN} and {HEADERS} in {subject}", wrong)
    return passed(f"{ORIGIN}: {cors.origin}")


def _preflight(this: Round, subject: str) -> Verdict:
    cors = _cors(this)
    methods = [route.method for route in this.target.routes if route.path == subject]
    answer = this.preflight(subject, methods[0])
    if answer.status not in _OK:
        return failed("2xx for OPTIONS without a key", answer.label)
    wrong = (
        refusal_headers(cors, answer.headers)
        or lacking_headers(answer.headers, METHODS, methods)
        or wrong_header(answer.headers, MAX_AGE, str(cors.max_age))
    )
    if wrong:
        return failed("the CORS headers of config.yaml", f"{wrong} on the {answer.status}")
    if others := _wrong_for_others(
        cors, lambda origin: this.preflight(subject, methods[0], origin)
    ):
        return failed(*others)
    return passed(f"{answer.status} {' '.join(answer.headers[METHODS].split(','))}")


CORS_CHECKS: Final = (
    EndpointCheck(
        id="cors-answer",
        noun="route",
        subjects=lambda target: _with_cors(target, readable(target)),
        ask=_cors_answer,
        absent=_ABSENT,
    ),
    EndpointCheck(
        id="cors-refusal",
        noun="refusal",
        subjects=lambda target: _with_cors(target, _refusing(target)),
        ask=_cors_refusal,
        absent=_ABSENT,
    ),
    EndpointCheck(
        id="cors-5xx",
        subjects=lambda target: _with_cors(target, [_OF_5XX]),
        ask=_gateway_response,
        absent=_ABSENT,
    ),
    EndpointCheck(
        id="preflight",
        noun="path",
        subjects=lambda target: _with_cors(target, _paths(target)),
        ask=_preflight,
        absent=_ABSENT,
    ),
)

"""Answers of API Gateway itself: preflights, and each 4xx and 5xx that precedes the function."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Final

from provision.steps.apigateway.rest_api.contents import (
    Cors,
    GatewayResponse,
    Integration,
    IntegrationResponse,
    Method,
)

PREFLIGHT_STATUS: Final = "200"
ANY_METHOD: Final = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
_METHOD_HEADER: Final = "method.response.header."
_GATEWAY_HEADER: Final = "gatewayresponse.header."
_ALLOW_ORIGIN: Final = "Access-Control-Allow-Origin"
_ALLOW_HEADERS: Final = "Access-Control-Allow-Headers"
_ALLOW_METHODS: Final = "Access-Control-Allow-Methods"
_MAX_AGE: Final = "Access-Control-Max-Age"
_EXPOSE_HEADERS: Final = "Access-Control-Expose-Headers"
_CREDENTIALS: Final = "Access-Control-Allow-Credentials"
_VARY: Final = "Vary"
_JSON: Final = "application/json"

_SAID: Final = "$context.error.messageString"
"""API Gateway's own message, which it puts in quotes."""
_WRONG: Final = '"$context.error.validationErrorString"'
"""The errors that the validator found."""


def preflight(cors: Cors, verbs: Collection[str], binary: Collection[str] = ()) -> Method:
    """Return OPTIONS of a resource with these methods. Browsers send no key with it."""
    allowed = {*verbs, "OPTIONS"} - {"ANY"} | set(ANY_METHOD if "ANY" in verbs else ())
    headers = {
        **_on_every_answer(cors),
        _ALLOW_METHODS: ",".join(sorted(allowed)),
        _MAX_AGE: str(cors.max_age),
    }
    return Method(
        api_key=False,
        responses={PREFLIGHT_STATUS: {_METHOD_HEADER + name: True for name in headers}},
        integration=Integration(
            kind="MOCK",
            # Otherwise a body of another type passes through without a status, and gives callers
            # without a key a 500.
            passthrough="NEVER",
            # Otherwise the template of a binary request is a 500 (A46).
            conversion="CONVERT_TO_TEXT" if binary else None,
            templates={_JSON: json.dumps({"statusCode": int(PREFLIGHT_STATUS)})},
            responses={
                PREFLIGHT_STATUS: IntegrationResponse(
                    headers=_quoted(_METHOD_HEADER, headers), templates=_override(cors.others)
                )
            },
        ),
    )


def read_preflight(method: Method) -> Cors | None:
    """Return the CORS settings of which `preflight` makes this; None if it is no preflight."""
    if method.integration is None or method.integration.kind != "MOCK":
        return None
    answer = method.integration.responses.get(PREFLIGHT_STATUS)
    if answer is None:
        return None
    headers = {
        name.removeprefix(_METHOD_HEADER): value.strip("'")
        for name, value in answer.headers.items()
    }
    age = headers.get(_MAX_AGE, "")
    return Cors(
        origin=headers.get(_ALLOW_ORIGIN, ""),
        headers=_names(headers.get(_ALLOW_HEADERS, "")),
        max_age=int(age) if age.isdigit() else 0,
        expose=_names(headers.get(_EXPOSE_HEADERS, "")),
        others=tuple(_OVERRIDDEN.findall(answer.templates.get(_JSON, ""))),
        credentials=headers.get(_CREDENTIALS) == "true",
    )


_OVERRIDE: Final = "$context.responseOverride.header.Access-Control-Allow-Origin"
_OVERRIDDEN: Final = re.compile(rf'#set\({re.escape(_OVERRIDE)} = "([^"]*)"\)')


def _override(others: Collection[str]) -> dict[str, str]:
    """Return the template by which a preflight names the origin that asks, if it is one of these.

    Its values are constants: no text of a request is ever part of the answer. Callers write the
    header's name in either case, and `get` is exact (A47).
    """
    if not others:
        return {}
    asked = "".join(
        f'#set(${name} = $input.params().header.get("{header}"))'
        for name, header in (("upper", "Origin"), ("lower", "origin"))
    )
    named = (
        f'#if($upper == "{each}" || $lower == "{each}")#set({_OVERRIDE} = "{each}")#end'
        for each in others
    )
    return {_JSON: asked + "".join(named)}


def gateway_responses(cors: Cors | None, *, signed: bool = False) -> dict[str, GatewayResponse]:
    """Return the gateway responses by type; `signed`: a route takes signatures of AWS.

    Other types inherit from DEFAULT_4XX or DEFAULT_5XX and keep their own status. Of several
    origins they name the first: their templates know no conditions (A47).
    """
    keyless = '"Forbidden: send a valid key in the header x-api-key"'
    return {
        "DEFAULT_4XX": _response(cors),
        "DEFAULT_5XX": _response(cors),
        "BAD_REQUEST_BODY": _response(cors, status="400", details=_WRONG),
        "BAD_REQUEST_PARAMETERS": _response(cors, status="400", details=_WRONG),
        "INVALID_API_KEY": _response(cors, status="403", message=keyless),
        "MISSING_AUTHENTICATION_TOKEN": _unsigned(cors) if signed else _unknown(cors),
        # The quota's period may last days more; an hour keeps clients from retrying every second.
        "QUOTA_EXCEEDED": _response(cors, status="429", retry_after="3600"),
        "THROTTLED": _response(cors, status="429", retry_after="1"),
    }


def _unknown(cors: Cors | None) -> GatewayResponse:
    """Return the answer of an API without signatures: always because no route matches."""
    return _response(cors, status="404", message='"Not found"')


def _unsigned(cors: Cors | None) -> GatewayResponse:
    """Return the answer of an API of which a route takes signatures: AWS has one for both."""
    return _response(
        cors, status="403", message='"Forbidden: no such route, or its request has no signature"'
    )


def _response(
    cors: Cors | None,
    *,
    status: str | None = None,
    message: str = _SAID,
    details: str | None = None,
    retry_after: str | None = None,
) -> GatewayResponse:
    body = {"message": message, "details": details, "request_id": '"$context.extendedRequestId"'}
    headers = {"Retry-After": retry_after} if retry_after else {}
    if cors:
        headers |= _on_every_answer(cors)
    # It becomes JSON only when API Gateway inserts its values, hence no `json.dumps`.
    members = (f'"{name}": {value}' for name, value in body.items() if value)
    return GatewayResponse(
        status=status,
        headers=_quoted(_GATEWAY_HEADER, headers),
        templates={_JSON: "{" + ", ".join(members) + "}"},
    )


def _on_every_answer(cors: Cors) -> dict[str, str]:
    """Return the CORS headers of preflights and errors; the function's answers have the same."""
    exposed = {_EXPOSE_HEADERS: ",".join(cors.expose)} if cors.expose else {}
    found = {_ALLOW_ORIGIN: cors.origin, _ALLOW_HEADERS: ",".join(cors.headers), **exposed}
    if cors.credentials:
        found[_CREDENTIALS] = "true"
    if cors.others:
        found[_VARY] = "Origin"
    return found


def _names(listed: str) -> tuple[str, ...]:
    return tuple(name for name in listed.split(",") if name)


def _quoted(prefix: str, headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers with constants in single quotes.

    Without quotes, API Gateway takes a text as the name of a value of the request.
    """
    return {prefix + name: f"'{value}'" for name, value in headers.items()}

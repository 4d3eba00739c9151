"""Says who would call a route with an authorizer: the claims of a token, or why it is not known."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from provision.config.schema.api import Api, RouteParts

_PARTS: Final = 3
"""The parts of a JSON Web Token: header, claims and signature."""


@dataclass(frozen=True)
class RouteCaller:
    """`requestContext.authorizer` of the event; `unknown` is what it lacks of API Gateway's."""

    context: Mapping[str, Any] = field(default_factory=dict)
    unknown: str = ""


def caller_of(api: Api, route: RouteParts, headers: Sequence[tuple[str, str]]) -> RouteCaller:
    """Return the caller of a request with these headers. No authorizer is asked."""
    if route.auth is None:
        return RouteCaller()
    authorizer = api.authorizers[route.auth]
    if authorizer.iam:
        return RouteCaller(
            unknown=f"{route.auth} takes signed requests: the event names no caller in"
            " requestContext.identity"
        )
    name = authorizer.header
    token = next((value for key, value in headers if key.lower() == name.lower()), "")
    if authorizer.function:
        return RouteCaller(
            unknown=f"{route.auth} asks the function {authorizer.function}, which is not run: the"
            " event has no requestContext.authorizer"
        )
    if not token:
        return RouteCaller(unknown=f"API Gateway would answer 401: {route.auth} wants {name}")
    claims = _claims(token)
    if claims is None:
        return RouteCaller(unknown=f"API Gateway would answer 401: {name} has no token of Cognito")
    context = {"claims": {key: _text(value) for key, value in claims.items()}}
    return RouteCaller(context, f"the token is not verified: {route.auth} may refuse it")


def _claims(token: str) -> dict[str, Any] | None:
    """Return the claims that a token has, without a look at its signature; None if it is none."""
    parts = token.removeprefix("Bearer ").split(".")
    if len(parts) != _PARTS:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _text(value: object) -> str:
    """Return a claim as API Gateway passes it on: as text, a list in brackets."""
    if isinstance(value, list):
        return f"[{' '.join(map(str, value))}]"
    return value if isinstance(value, str) else json.dumps(value)

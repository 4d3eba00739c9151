"""The URI by which API Gateway calls a function, of an integration or an authorizer."""

from __future__ import annotations

from typing import Final

_BEFORE: Final = ":lambda:path/2015-03-31/functions/"
_AFTER: Final = "/invocations"


def uri_of(target: str) -> str:
    """Return the URI that calls the alias of this ARN."""
    partition, region = target.split(":")[1:4:2]
    return f"arn:{partition}:apigateway:{region}{_BEFORE}{target}{_AFTER}"


def target_of(uri: str) -> str | None:
    """Return the ARN that the URI calls; None if it calls no function."""
    _, found, rest = uri.partition(_BEFORE)
    return rest.removesuffix(_AFTER) if found else None

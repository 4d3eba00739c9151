"""Makes the API's authorizers of config.yaml, and says which of them a route asks."""

from __future__ import annotations

from provision.config.schema.api import Api
from provision.stack.functions import LIVE
from provision.stack.inputs import StackInputs
from provision.steps.apigateway.rest_api.contents import (
    COGNITO,
    REQUEST,
    SIGNED,
    SOURCE,
    Authorizer,
)


def auth_of(api: Api, name: str | None) -> str:
    """Return what a route with this `auth` asks: a name in AWS, SIGNED, or nothing.

    The kind is part of the name: another one is a new authorizer, made before the old is deleted.
    """
    if name is None:
        return ""
    wanted = api.authorizers[name]
    if wanted.iam:
        return SIGNED
    return f"{name}-cognito" if wanted.cognito else f"{name}-function"


def authorizers_of(inputs: StackInputs) -> tuple[Authorizer, ...]:
    """Return the authorizers, sorted by name; requests that are signed need none."""
    api = inputs.config.api
    found = [
        Authorizer(
            name=auth_of(api, name),
            kind=COGNITO if wanted.cognito else REQUEST,
            pools=tuple(sorted(wanted.cognito or ())),
            target=alias_arn(inputs, wanted.function) if wanted.function else "",
            source=f"{SOURCE}{wanted.header}",
            cache=wanted.cache if wanted.function else 0,
        )
        for name, wanted in api.authorizers.items()
        if not wanted.iam
    ]
    return tuple(sorted(found, key=lambda one: one.name))


def is_authorizer_alone(api: Api, function: str) -> bool:
    """Return whether API Gateway calls the function as an authorizer, and for no route."""
    asks = any(one.function == function for one in api.authorizers.values())
    return asks and all(route.function != function for route in api.routes.values())


def alias_arn(inputs: StackInputs, function: str) -> str:
    return inputs.location.arn("lambda", f"function:{inputs.aws_name('function', function)}:{LIVE}")

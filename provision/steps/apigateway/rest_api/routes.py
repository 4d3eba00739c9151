"""Conversion of the fields (routes, cors, models) to the contents of an API, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from provision.model.step import Document
from provision.steps.apigateway.rest_api.contents import (
    COGNITO,
    SIGNED,
    VALIDATORS,
    Authorizer,
    Contents,
    Cors,
    Integration,
    Method,
    Route,
    Settings,
    ancestors,
    validator_of,
)
from provision.steps.apigateway.rest_api.responses import (
    gateway_responses,
    preflight,
    read_preflight,
)
from provision.steps.apigateway.rest_api.uris import target_of, uri_of

QUERY: Final = "method.request.querystring."
_BODY_TYPES: Final = ("$default", "application/json")
"""The types of bodies to check: AWS does not check a body of another type. `$default` is any."""


def contents_of(
    routes: Sequence[Route],
    cors: Cors | None,
    models: Mapping[str, Document],
    binary: tuple[str, ...] = (),
    authorizers: Sequence[Authorizer] = (),
) -> Contents:
    """Return the contents of an API that the fields of the step describe."""
    named = {one.name: one for one in authorizers}
    resources: dict[str, dict[str, Method]] = {"/": {}}
    for route in routes:
        for path in ancestors(route.path):
            resources.setdefault(path, {})
        resources[route.path][route.method] = _method(route, named)
    for methods in resources.values():
        if cors and methods:
            methods.setdefault("OPTIONS", preflight(cors, methods, binary))
    used = {validator_of(route) for route in routes} - {None}
    return Contents(
        resources=resources,
        models=models,
        validators={name: checks for name, checks in VALIDATORS.items() if name in used},
        gateway_responses=gateway_responses(cors, signed=any(one.auth == SIGNED for one in routes)),
        settings=Settings(binary_types=binary),
        authorizers=named,
    )


def routes_of(contents: Contents) -> tuple[Route, ...]:
    """Return the methods that call a function, as routes.

    Settings of these methods that a route cannot express are left to `differences`.
    """
    return tuple(
        Route(
            verb,
            path,
            target,
            api_key=method.api_key,
            body=method.models.get(_BODY_TYPES[0]),
            query=tuple(sorted(_required_query(method))),
            auth=_asks(method),
            scopes=method.scopes,
        )
        for path, methods in sorted(contents.resources.items())
        for verb, method in sorted(methods.items())
        if (target := _target(method)) is not None
    )


def cors_of(contents: Contents) -> Cors | None:
    """Return the CORS settings of the first preflight; `differences` finds others that deviate."""
    for _, methods in sorted(contents.resources.items()):
        options = methods.get("OPTIONS")
        if options and (cors := read_preflight(options)):
            return cors
    return None


def _method(route: Route, authorizers: Mapping[str, Authorizer]) -> Method:
    authorizer = authorizers.get(route.auth)
    return Method(
        api_key=route.api_key,
        authorization=_authorization(authorizer) if authorizer else route.auth or "NONE",
        authorizer=authorizer.name if authorizer else None,
        scopes=route.scopes,
        validator=validator_of(route),
        parameters={QUERY + name: True for name in route.query},
        models=dict.fromkeys(_BODY_TYPES, route.body) if route.body else {},
        # A function is always called by POST, for any method of the route.
        integration=Integration(kind="AWS_PROXY", verb="POST", uri=uri_of(route.target)),
    )


def _authorization(authorizer: Authorizer) -> str:
    """Return the authorization of a method with this authorizer."""
    return COGNITO if authorizer.kind == COGNITO else "CUSTOM"


def _asks(method: Method) -> str:
    """Return what the method asks; one without authorization may still refer to an authorizer."""
    if method.authorization in {"NONE", SIGNED}:
        return SIGNED if method.authorization == SIGNED else ""
    return method.authorizer or ""


def _target(method: Method) -> str | None:
    integration = method.integration
    if integration is None or integration.kind != "AWS_PROXY" or not integration.uri:
        return None
    return target_of(integration.uri)


def _required_query(method: Method) -> list[str]:
    return [
        name.removeprefix(QUERY)
        for name, required in method.parameters.items()
        if required and name.startswith(QUERY)
    ]

"""Conversion of the fields (routes, cors, models) to the contents of an API, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from provision.model.step import Document
from provision.steps.apigateway.rest_api.contents import (
    VALIDATORS,
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

_URI_BEFORE: Final = ":lambda:path/2015-03-31/functions/"
_URI_AFTER: Final = "/invocations"
QUERY: Final = "method.request.querystring."
_BODY_TYPES: Final = ("$default", "application/json")
"""The types of bodies to check: AWS does not check a body of another type. `$default` is any."""


def contents_of(
    routes: Sequence[Route],
    cors: Cors | None,
    models: Mapping[str, Document],
    binary: tuple[str, ...] = (),
) -> Contents:
    """Return the contents of an API with these routes, CORS settings, models and binary types."""
    resources: dict[str, dict[str, Method]] = {"/": {}}
    for route in routes:
        for path in ancestors(route.path):
            resources.setdefault(path, {})
        resources[route.path][route.method] = _method(route)
    for methods in resources.values():
        if cors and methods:
            methods.setdefault("OPTIONS", preflight(cors, methods, binary))
    used = {validator_of(route) for route in routes} - {None}
    return Contents(
        resources=resources,
        models=models,
        validators={name: checks for name, checks in VALIDATORS.items() if name in used},
        gateway_responses=gateway_responses(cors),
        settings=Settings(binary_types=binary),
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


def _method(route: Route) -> Method:
    partition, region = route.target.split(":")[1:4:2]
    uri = f"arn:{partition}:apigateway:{region}{_URI_BEFORE}{route.target}{_URI_AFTER}"
    return Method(
        api_key=route.api_key,
        validator=validator_of(route),
        parameters={QUERY + name: True for name in route.query},
        models=dict.fromkeys(_BODY_TYPES, route.body) if route.body else {},
        # A function is always called by POST, for any method of the route.
        integration=Integration(kind="AWS_PROXY", verb="POST", uri=uri),
    )


def _target(method: Method) -> str | None:
    integration = method.integration
    if integration is None or integration.kind != "AWS_PROXY" or not integration.uri:
        return None
    _, found, rest = integration.uri.partition(_URI_BEFORE)
    return rest.removesuffix(_URI_AFTER) if found else None


def _required_query(method: Method) -> list[str]:
    return [
        name.removeprefix(QUERY)
        for name, required in method.parameters.items()
        if required and name.startswith(QUERY)
    ]

"""Makes requests that API Gateway must refuse before any function runs.

A body is made only if the API shows a validator of bodies on that very method, with a model that
refuses it, and only if the stage serves what the API shows: the deployment that `up` made of
config.yaml as it is now, and no write to the API since.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from provision.config.checks.routes import WITH_BODY
from provision.steps.apigateway.rest_api.contents import Contents, Route

_CANDIDATES: Final[tuple[tuple[str, Any], ...]] = (
    ("array", []),
    ("object", {}),
    ("string", "provision-check"),
    ("boolean", True),
)
"""The bodies that are tried, by the type of JSON Schema that each of them has."""
_BODY_TYPES: Final = ("$default", "application/json")


@dataclass(frozen=True)
class RefusedRequest:
    """A request whose body the validator refuses. Only `refused_request` makes one."""

    method: str
    path: str
    body: bytes


@dataclass(frozen=True)
class Unprovable:
    """Why a route is not asked with a body: no validator is known to refuse it."""

    why: str


def refused_request(
    route: Route, path: str, api: Contents, models: Mapping[str, Any], *, served: bool
) -> RefusedRequest | Unprovable:
    """Return a request to the route that must be refused, or why there is none.

    `api` is what AWS shows of the API, `models` are those of config.yaml. `served`: the stage
    serves exactly what the API shows.
    """
    if route.method not in WITH_BODY or route.body is None:
        return Unprovable("has no model")
    method = api.resources.get(route.path, {}).get(route.method)
    if method is None:
        return Unprovable("the API has no such method")
    validator = api.validators.get(method.validator or "")
    if validator is None or not validator.body:
        return Unprovable("its method has no validator of bodies")
    if any(method.models.get(kind) != route.body for kind in _BODY_TYPES):
        return Unprovable("its method has another model")
    if api.models.get(route.body) != models.get(route.body):
        return Unprovable(f"the model {route.body} is another one in AWS")
    body = refused_body(models[route.body])
    if body is None:
        return Unprovable(f"the model {route.body} names no type of body that it refuses")
    if not served:
        return Unprovable("the stage does not serve what config.yaml says now")
    return RefusedRequest(route.method, path, body)


def refused_body(schema: Mapping[str, Any]) -> bytes | None:
    """Return a body of a type that the schema does not allow, or None if it names none."""
    for kind, value in _CANDIDATES:
        if _refuses(schema, kind, schema, depth=0):
            return json.dumps(value).encode()
    return None


def _refuses(schema: object, kind: str, root: Mapping[str, Any], *, depth: int) -> bool:
    """Return whether every value of that type is refused, as far as types alone can show it."""
    if not isinstance(schema, dict) or depth > len(root) + len(_CANDIDATES):
        return False
    if isinstance(reference := schema.get("$ref"), str):  # draft 4: its neighbours do not count
        return _refuses(_definition(reference, root), kind, root, depth=depth + 1)
    types = schema.get("type")
    allowed = [types] if isinstance(types, str) else types
    if isinstance(allowed, list) and allowed and kind not in allowed:
        return True
    every, each = schema.get("allOf"), [schema.get("anyOf"), schema.get("oneOf")]
    if isinstance(every, list) and any(_refuses(s, kind, root, depth=depth + 1) for s in every):
        return True
    return any(
        isinstance(some, list)
        and some
        and all(_refuses(s, kind, root, depth=depth + 1) for s in some)
        for some in each
    )


def _definition(reference: str, root: Mapping[str, Any]) -> object:
    name = reference.removeprefix("#/definitions/")
    definitions = root.get("definitions")
    return definitions.get(name) if name != reference and isinstance(definitions, dict) else None

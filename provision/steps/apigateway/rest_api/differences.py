"""The differences between two contents of an API, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace

from provision.steps.apigateway.rest_api.contents import (
    Contents,
    Integration,
    Method,
    Methods,
    Settings,
)


def differences(want: Contents, have: Contents) -> tuple[str, ...]:
    """Return what is missing, undeclared or different, one line each, in a stable order."""
    found = [
        *_paths(want.resources, have.resources),
        *_entries("authorizer", want.authorizers, have.authorizers),
        *_entries("model", want.models, have.models),
        *_entries("validator", want.validators, have.validators),
        *_entries("gateway response", want.gateway_responses, have.gateway_responses),
        *(f"setting {name} differs" for name in _fields_apart(want.settings, have.settings)),
    ]
    return tuple(sorted(found))


def _paths(want: Mapping[str, Methods], have: Mapping[str, Methods]) -> Iterator[str]:
    for path in want.keys() | have.keys():
        if not have.get(path):
            if path not in want:
                yield f"resource {path}"
            elif path not in have:
                yield f"no resource {path}"
        yield from _verbs(path, want.get(path, {}), have.get(path, {}))


def _verbs(path: str, want: Methods, have: Methods) -> Iterator[str]:
    for verb in want.keys() | have.keys():
        name = f"{verb} {path}"
        if verb not in want:
            yield f"method {name}"
        elif verb not in have:
            yield f"no method {name}"
        elif want[verb] != have[verb]:
            yield f"method {name}: {', '.join(_method_apart(want[verb], have[verb]))}"


def _method_apart(want: Method, have: Method) -> Iterator[str]:
    yield from _fields_apart(replace(want, integration=None), replace(have, integration=None))
    if want.integration is None or have.integration is None:
        if want.integration != have.integration:
            yield "no integration" if want.integration else "integration"
        return
    for name in _fields_apart(want.integration, have.integration):
        yield f"integration {name}"


def _entries(noun: str, want: Mapping[str, object], have: Mapping[str, object]) -> Iterator[str]:
    for name in want.keys() | have.keys():
        if name not in want:
            yield f"{noun} {name}"
        elif name not in have:
            yield f"no {noun} {name}"
        elif want[name] != have[name]:
            yield f"{noun} {name} differs"


def _fields_apart(
    want: Method | Integration | Settings, have: Method | Integration | Settings
) -> Iterable[str]:
    return [one.name for one in fields(want) if vars(want)[one.name] != vars(have)[one.name]]

"""Finds operation and parameters of an HTTP request: the reverse of boto3."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import botocore.loaders
from botocore.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from werkzeug.datastructures import Headers, MultiDict

from tests.faults.aws_behaviours.frame import Call
from tests.faults.aws_behaviours.wire import moto_model

SERVICES = {"monitoring": "cloudwatch"}
"""boto3's names, where the name in the signature is another."""
_SCOPE = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request")


@dataclass(frozen=True)
class Request:
    """A received request; `target` is path and query."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)

    @property
    def service(self) -> str | None:
        """The service in the signature; None for an unsigned request, which is the API's."""
        found = _SCOPE.search(self.headers.get("Authorization", ""))
        return SERVICES.get(found[1], found[1]) if found else None


def decode_request(request: Request) -> tuple[OperationModel, Call]:
    """Return the operation and its parameters; raise KeyError for one that boto3 does not know."""
    service = service_model(str(request.service))
    form: list[tuple[str, str]] = []
    matched: dict[str, str] = {}
    if target := request.headers.get("X-Amz-Target"):
        name = target.rpartition(".")[2]
    elif service.resolved_protocol in {"query", "ec2"}:
        form = parse_qsl(request.body.decode(), keep_blank_values=True)
        name = dict(form)["Action"]
    else:
        name, matched = route(service.service_name, request)
    parser = PROTOCOL_PARSERS[service.resolved_protocol]
    params: dict[str, Any] = parser(moto_model(service).operation_model(name)).parse(
        {
            "method": request.method,
            "values": MultiDict([*request.query, *form]),
            "headers": Headers(dict(request.headers)),
            "body": request.body,
            "url_path": request.path,
            "url_params": matched,
        }
    )
    given = {key: value for key, value in params.items() if value is not None}
    return service.operation_model(name), Call(service.service_name, name, given)


@cache
def service_model(name: str) -> ServiceModel:
    """Return boto3's model of the service."""
    loader = botocore.loaders.create_loader()
    return ServiceModel(loader.load_service_model(name, "service-2"), name)


@dataclass(frozen=True)
class _Route:
    """One operation of a REST service: the pattern of its path, and its fixed query."""

    operation: str
    method: str
    path: re.Pattern[str]
    names: tuple[str, ...]
    query: frozenset[tuple[str, str]]
    fixed: int


def route(service: str, request: Request) -> tuple[str, dict[str, str]]:
    query = set(request.query)
    for route in _routes(service):
        found = route.path.fullmatch(request.path)
        if found and route.method == request.method and route.query <= query:
            return route.operation, dict(
                zip(route.names, map(unquote, found.groups()), strict=True)
            )
    raise KeyError(f"{request.method} {request.target}")


@cache
def _routes(service: str) -> tuple[_Route, ...]:
    """Return the routes, the most specific first."""
    model = service_model(service)
    routes = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        path, _, query = http["requestUri"].partition("?")
        parts = re.split(r"\{([^}]+)\}", path.rstrip("/"))
        pattern = "".join(
            re.escape(part)
            if not position % 2
            else (r"(.+?)" if part.endswith("+") else r"([^/]+)")
            for position, part in enumerate(parts)
        )
        routes.append(
            _Route(
                name,
                http["method"],
                re.compile(pattern + "/?"),
                tuple(part.rstrip("+") for part in parts[1::2]),
                frozenset(parse_qsl(query, keep_blank_values=True)),
                len("".join(parts[::2])) + 100 * len(query),
            )
        )
    return tuple(sorted(routes, key=lambda route: -route.fixed))

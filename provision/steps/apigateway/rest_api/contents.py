"""The contents of a REST API, in one shape for want and have, so that they compare by `==`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Final

from provision.model.step import Document

COGNITO: Final = "COGNITO_USER_POOLS"
REQUEST: Final = "REQUEST"
"""The type of an authorizer that is a function, which reads the whole request."""
SIGNED: Final = "AWS_IAM"
"""The authorization of a method whose requests are signed; it has no authorizer."""
SOURCE: Final = "method.request.header."


@dataclass(frozen=True, kw_only=True)
class Authorizer:
    """A party that API Gateway asks before a method: user pools (`pools`) or a function's alias.

    `source` is where a request has the token, `cache` how many seconds an answer to it is kept.
    `credentials` and `pattern` are settings that ours never have.
    """

    name: str
    kind: str
    pools: tuple[str, ...] = ()
    target: str = ""
    source: str = f"{SOURCE}Authorization"
    cache: int = 0
    credentials: str = ""
    pattern: str = ""


@dataclass(frozen=True)
class Route:
    """A method of a path that calls a function.

    `target` is the ARN of an alias, `body` the name of the model that a body must match, `query`
    the names of the required query parameters, sorted. `auth` is the name of an authorizer, of
    whose tokens one of the `scopes` is required, or SIGNED.
    """

    method: str
    path: str
    target: str
    _: KW_ONLY
    api_key: bool = True
    body: str | None = None
    query: tuple[str, ...] = ()
    auth: str = ""
    scopes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The route as config.yaml writes it."""
        return f"{self.method} {self.path}"

    @property
    def writes(self) -> bool:
        """Whether its method is one that changes something (RFC 9110, 9.2.1)."""
        return self.method not in {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True)
class Cors:
    """The headers that pages of another origin may send (`headers`) and read (`expose`).

    `others` are the further origins, which only preflights can name. `max_age` is in seconds.
    """

    origin: str
    headers: tuple[str, ...]
    max_age: int
    expose: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    credentials: bool = False

    @property
    def origins(self) -> tuple[str, ...]:
        return (self.origin, *self.others)


@dataclass(frozen=True, kw_only=True)
class IntegrationResponse:
    """Header mappings and body templates for one status."""

    headers: Mapping[str, str]
    templates: Mapping[str, str] = field(default_factory=dict)
    pattern: str = ""


@dataclass(frozen=True, kw_only=True)
class Integration:
    """The integration behind a method; a field that is not given has AWS's default."""

    kind: str
    verb: str | None = None
    uri: str | None = None
    templates: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    cache_keys: tuple[str, ...] = ()
    timeout: int = 29000
    passthrough: str = "WHEN_NO_MATCH"
    transfer: str = "BUFFERED"
    connection: str = "INTERNET"
    credentials: str | None = None
    conversion: str | None = None
    responses: Mapping[str, IntegrationResponse] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Method:
    """A method; `authorizer` and `validator` are names.

    `responses` maps a status to the headers it may carry.
    """

    api_key: bool
    authorization: str = "NONE"
    authorizer: str | None = None
    scopes: tuple[str, ...] = ()
    validator: str | None = None
    parameters: Mapping[str, bool] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    responses: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    integration: Integration | None = None


@dataclass(frozen=True, kw_only=True)
class Validator:
    body: bool
    parameters: bool


@dataclass(frozen=True, kw_only=True)
class GatewayResponse:
    """An answer of API Gateway itself; without a `status`, each error keeps its own."""

    status: str | None
    headers: Mapping[str, str]
    templates: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of an API as a whole; the defaults are the values that all of our APIs have."""

    key_source: str = "HEADER"
    endpoints: tuple[str, ...] = ("REGIONAL",)
    binary_types: tuple[str, ...] = ()
    compress_from: int | None = None
    policy: str = ""


Methods = Mapping[str, Method]


@dataclass(frozen=True, kw_only=True)
class Contents:
    """The contents of an API; `resources` maps each path to its methods (verb → method)."""

    resources: Mapping[str, Methods]
    models: Mapping[str, Document]
    validators: Mapping[str, Validator]
    gateway_responses: Mapping[str, GatewayResponse]
    settings: Settings = Settings()
    authorizers: Mapping[str, Authorizer] = field(default_factory=dict)


VALIDATORS: Final[Mapping[str, Validator]] = {
    "body": Validator(body=True, parameters=False),
    "parameters": Validator(body=False, parameters=True),
    "body and parameters": Validator(body=True, parameters=True),
}


def validator_of(route: Route) -> str | None:
    """Return the name of the validator that the route needs; None if it needs none."""
    asked = Validator(body=route.body is not None, parameters=bool(route.query))
    return next((name for name, known in VALIDATORS.items() if known == asked), None)


def served(path: str, verb: str, authorization: str, *, api_key: bool) -> str:
    """Return all that a deployment's summary shows of one method, as a line."""
    return f"{verb} {path}: {authorization}{', key' if api_key else ''}"


def served_methods(contents: Contents) -> tuple[str, ...]:
    """Return `served` of each method, sorted."""
    return tuple(
        sorted(
            served(path, verb, method.authorization, api_key=method.api_key)
            for path, methods in contents.resources.items()
            for verb, method in methods.items()
        )
    )


def ancestors(path: str) -> Iterator[str]:
    """Yield the path and all paths above it, from the root down."""
    yield "/"
    parts = [part for part in path.split("/") if part]
    for number in range(1, len(parts) + 1):
        yield "/" + "/".join(parts[:number])


def parent(path: str) -> str:
    return path.rpartition("/")[0] or "/"

"""The `api` section: the REST API, its routes to functions, callers, limits and domain name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, GetJsonSchemaHandler, Strict, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from provision.config.schema.authorizers import Authorizer, Scopes
from provision.config.schema.types import (
    CERTIFICATE,
    HEADER,
    MODEL,
    ORIGIN,
    STAGE,
    ConfigSection,
    Domain,
    InvalidValue,
    MediaTypes,
    Name,
    Names,
    Parameters,
    Retention,
    RuleGroups,
    Zone,
    each_once,
)

TlsPolicy = Literal[
    "TLS_1_2",
    "SecurityPolicy_TLS13_1_2_2021_06",
    "SecurityPolicy_TLS13_1_2_PQ_2025_09",
    "SecurityPolicy_TLS13_1_2_FIPS_PQ_2025_09",
    "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09",
    "SecurityPolicy_TLS13_1_2_FIPS_PFS_PQ_2025_09",
    "SecurityPolicy_TLS13_1_2_Ext2_PQ_2025_09",
    "SecurityPolicy_TLS13_1_2_Ext2_FIPS_PQ_2025_09",
    "SecurityPolicy_TLS13_1_3_2025_09",
    "SecurityPolicy_TLS13_1_3_FIPS_2025_09",
]
"""The security policies that API Gateway has for Regional endpoints, except `TLS_1_0`."""
ModelName = Annotated[str, Field(pattern=MODEL, max_length=255)]
HeaderNames = Annotated[tuple[Annotated[str, Field(pattern=HEADER)], ...], Strict(strict=False)]


class RouteThrottle(ConfigSection):
    """Requests of all callers of the route together; beyond it they are answered 429."""

    rate: int = Field(ge=1, description="Requests per second, sustained.", examples=[50])
    burst: int = Field(ge=1, description="Requests at once, in a short burst.", examples=[100])


class Route(ConfigSection):
    """Target of a method and path; the function's name alone is enough."""

    function: Name = Field(description="Name of the function.", examples=["items"])
    body: ModelName | None = Field(
        default=None,
        description="Name of the model in `api.models` that the body must agree with; else 400.",
    )
    query: Parameters = Field(
        default=(), description="Query parameters a request must have; else 400."
    )
    key: bool = Field(
        default=True,
        description="Whether callers need an API key. false without `auth` makes the route public:"
        " anyone can call it. No key's limits apply, so that it must have a `throttle`.",
    )
    auth: Name | None = Field(
        default=None,
        description="Name of the authorizer in `api.authorizers` that says who may call, in"
        " addition to the key. null for none.",
        examples=["users"],
    )
    scopes: Scopes = Field(
        default=(),
        max_length=10,
        description="OAuth scopes, of which the access token of Cognito must have one; else 401."
        " ID tokens have none.",
        examples=[["orders/read"]],
    )
    throttle: RouteThrottle | None = Field(
        default=None,
        description="Rate limit of this route, in place of that in `api.throttle`; each key stays"
        " within `api.throttle`. null for that alone.",
    )

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: object) -> object:
        return {"function": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        whole = handler.resolve_ref_schema(handler(core))
        name = whole["properties"]["function"] | {"description": "The function alone."}
        return {"anyOf": [name, whole], "description": whole["description"]}


@dataclass(frozen=True)
class RouteParts:
    """A route split into its parts."""

    method: str
    path: str
    function: str
    body: str | None
    query: tuple[str, ...]
    throttle: RouteThrottle | None = None
    key: bool = True
    auth: str | None = None
    scopes: tuple[str, ...] = ()


MOST_ORIGINS = 20
"""The most origins: each is in the environment of every function and in every preflight."""


def _origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    if not 1 <= len(origins) <= MOST_ORIGINS:
        raise InvalidValue(
            f"expected 1 to {MOST_ORIGINS} origins, found {len(origins)}",
            'write ["*"] or the origins of your pages; remove `cors` for none',
        )
    if "*" in origins and len(origins) > 1:
        raise InvalidValue(
            '"*" is every origin, also those next to it', 'write ["*"], or the origins alone'
        )
    return each_once(origins)


def _with_api_key(headers: tuple[str, ...]) -> tuple[str, ...]:
    if not {"x-api-key", "*"} & {header.lower() for header in headers}:
        raise InvalidValue(
            "X-Api-Key is not among the headers: every route needs the key, and no browser "
            "could send it",
            "add X-Api-Key",
        )
    return headers


class Cors(ConfigSection):
    """Which web pages may call the API; on answers, on OPTIONS and on errors of API Gateway."""

    origins: Annotated[
        tuple[Annotated[str, Field(pattern=ORIGIN)], ...],
        Strict(strict=False),
        AfterValidator(_origins),
        Field(json_schema_extra={"minItems": 1, "maxItems": MOST_ORIGINS}),
    ] = Field(
        description="Origins of the pages, or `*` for all. Answers and preflights name the one that"
        " asks; errors of API Gateway itself name the first.",
        examples=[["*"]],
    )
    credentials: bool = Field(
        default=False,
        description="Whether pages may send cookies and read the answers. Needs origins, headers"
        " and expose without `*`.",
    )
    headers: Annotated[HeaderNames, AfterValidator(_with_api_key)] = Field(
        default=(
            "Content-Type",
            "X-Api-Key",
            "If-Match",
            "X-Amz-Date",
            "Authorization",
            "X-Amz-Security-Token",
        ),
        description="Request headers that pages may send; X-Api-Key must be one of them.",
    )
    expose: HeaderNames = Field(
        default=("ETag", "Location", "Retry-After", "x-amz-apigw-id", "x-amzn-RequestId"),
        description="Answer headers that pages may read, on success and on errors.",
    )
    max_age: int = Field(
        default=600,
        ge=0,
        le=86_400,
        description="Seconds a browser may remember the answer to OPTIONS.",
    )


class Throttle(ConfigSection):
    """Requests beyond it are answered 429."""

    rate: int = Field(default=1000, ge=1, description="Requests per second, sustained.")
    burst: int = Field(default=2000, ge=1, description="Requests at once, in a short burst.")


class Quota(ConfigSection):
    """Requests that a key may make in a longer period."""

    limit: int = Field(ge=1, description="Requests in a period.", examples=[100_000])
    period: Literal["DAY", "WEEK", "MONTH"] = Field(default="MONTH", description="The period.")


class ApiLog(ConfigSection):
    """Access log and execution log."""

    level: Literal["OFF", "ERROR", "INFO"] = Field(
        default="INFO", description="Level of the execution log; the access log is always on."
    )
    retention: Retention = Field(default=30, description="Days that logs are kept.")


class CustomDomain(ConfigSection):
    """A custom domain name for the API."""

    name: Domain = Field(
        description="Name under which the API answers.", examples=["api.example.com"]
    )
    zone: Zone = Field(
        description="Public Route 53 zone that holds the name, or its id where several are called "
        "so.",
        examples=["example.com"],
    )
    certificate: Annotated[str, Field(pattern=CERTIFICATE)] | None = Field(
        default=None,
        description="ARN of an ACM certificate in the same region; null requests one.",
    )


class Waf(ConfigSection):
    """AWS WAF before the stage. AWS charges for it by the month and by the request."""

    groups: RuleGroups = Field(
        default=("AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet"),
        min_length=1,
        description="Rule groups that AWS manages, in the order in which they are asked.",
    )
    rate: int | None = Field(
        default=None,
        ge=10,
        description="Requests that one address may make in five minutes; null for any number.",
    )
    action: Literal["block", "count"] = Field(
        default="block",
        description="Action for requests that a rule matches: answer 403, or only count them.",
    )


class Api(ConfigSection):
    """The REST API. Every route needs an API key, unless it says `key: false`."""

    stage: Annotated[str, Field(pattern=STAGE, max_length=128)] = Field(
        default="v1", description="Name of the stage: the first part of each path."
    )
    routes: dict[str, Route] = Field(
        min_length=1,
        description="`METHOD /path` → function. {id} matches one part, {rest+} all that follow.",
        examples=[{"GET /items": "items"}],
    )
    authorizers: dict[Name, Authorizer] = Field(
        default={},
        description="Who may call, by the name that a route's `auth` has.",
        examples=[{"internal": "iam"}],
    )
    models: dict[ModelName, dict[str, Any]] = Field(
        default={}, description="JSON Schemas (draft 4) for the bodies of requests, by name."
    )
    binary: MediaTypes = Field(
        default=(),
        description="Media types of binary bodies. A body of such a type reaches the function in"
        " base64; an answer in base64 is sent as bytes if the first type that `Accept` names is one"
        " of them. Browsers need `*/*`.",
        examples=[["image/png"]],
    )
    cors: Cors | None = Field(
        default=None, description="Web pages that may call the API; null for none."
    )
    throttle: Throttle = Field(
        default=Throttle.model_construct(), description="Request rate limits."
    )
    quota: Quota | None = Field(default=None, description="Limit of each key; null for none.")
    keys: Names = Field(
        default=("default",), min_length=1, description="Names of the API keys to create."
    )
    log: ApiLog = Field(
        default=ApiLog.model_construct(), description="Access log and execution log."
    )
    domain: CustomDomain | None = Field(
        default=None,
        description="Custom domain name; once it works, the API answers only there. null for AWS's"
        " own address.",
    )
    tls: TlsPolicy = Field(
        default="TLS_1_2",
        description="The oldest TLS and the ciphers that callers may use, as API Gateway names its"
        " security policies. Those that begin with SecurityPolicy_ come with strict access.",
    )
    waf: Waf | None = Field(
        default=None, description="Web ACL that inspects every request first; null for none."
    )

    @property
    def route_list(self) -> tuple[RouteParts, ...]:
        """The routes, each with its method and path."""
        return tuple(
            RouteParts(
                method,
                path,
                route.function,
                route.body,
                route.query,
                route.throttle,
                route.key,
                route.auth,
                route.scopes,
            )
            for key, route in self.routes.items()
            for method, _, path in [key.partition(" ")]
        )

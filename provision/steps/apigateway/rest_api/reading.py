"""Reading one REST API from AWS, with the fewest calls, in the shape of `Contents`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from provision.aws.client import Aws
from provision.aws.concurrency import read_pool
from provision.model import iam
from provision.model.step import Document
from provision.steps.apigateway.rest_api.authorizers import read_authorizers
from provision.steps.apigateway.rest_api.contents import (
    Authorizer,
    Contents,
    GatewayResponse,
    Integration,
    IntegrationResponse,
    Method,
    Settings,
    Validator,
)

if TYPE_CHECKING:
    from mypy_boto3_apigateway.type_defs import (
        IntegrationResponseTypeDef,
        IntegrationTypeDef,
        MethodTypeDef,
        PaginatorConfigTypeDef,
        ResourceTypeDef,
        RestApiResponseTypeDef,
        RestApiTypeDef,
    )

_PAGE: Final[PaginatorConfigTypeDef] = {"PageSize": 500}
_JSON: Final = "application/json"


@dataclass(frozen=True)
class Reading:
    """The contents, and the ids by which they are changed: path → resource, name → the others."""

    contents: Contents
    resources: Mapping[str, str]
    validators: Mapping[str, str]
    taken: frozenset[str]
    """The names of all models, including those that AWS puts into every new API."""
    authorizers: Mapping[str, str] = field(default_factory=dict)


READING: Final = tuple(
    iam.call(f"apigateway.{operation}", iam.gateway_permission("GET", f"/restapis/{{id}}/{path}"))
    for operation, path in (
        ("GetGatewayResponses", "gatewayresponses"),
        ("GetModels", "models"),
        ("GetRequestValidators", "requestvalidators"),
        ("GetResources", "resources"),
        ("GetAuthorizers", "authorizers"),
    )
)


def empty(root_id: str) -> Reading:
    """Return the reading of an API just created, which has no contents yet."""
    contents = Contents(resources={"/": {}}, models={}, validators={}, gateway_responses={})
    return Reading(contents, {"/": root_id}, {}, frozenset(_GIVEN))


def read(aws: Aws, api_id: str, settings: Settings, wanted: Sequence[Authorizer] = ()) -> Reading:
    """Read the API with four calls for up to 500 resources.

    One more reads the authorizers, if any is `wanted` or a method refers to one.
    Do not poll it: GetResources is allowed 5 times in 2 s (A1).
    """
    with read_pool() as pool:
        reading = pool.submit(_read_resources, aws, api_id)
        reading_validators = pool.submit(_read_validators, aws, api_id)
        reading_models = pool.submit(_read_models, aws, api_id)
        gateway_responses = pool.submit(_read_gateway_responses, aws, api_id)
    resources, models = reading.result(), reading_models.result()
    validators, checks = reading_validators.result()
    methods = [
        one for each in resources.values() for one in each.get("resourceMethods", {}).values()
    ]
    refers = any(method.get("authorizerId") for method in methods)
    authorizers, asked = read_authorizers(aws, api_id) if wanted or refers else ({}, {})
    ids = {**validators, **authorizers}
    names = {each_id: name for name, each_id in ids.items()}
    contents = Contents(
        resources={
            path: {
                verb: _method(method, names)
                for verb, method in resource.get("resourceMethods", {}).items()
            }
            for path, resource in resources.items()
        },
        models={name: schema for name, schema in models.items() if not _is_given(name, schema)},
        validators=checks,
        gateway_responses=gateway_responses.result(),
        settings=settings,
        authorizers=asked,
    )
    places = {path: resource["id"] for path, resource in resources.items()}
    return Reading(contents, places, validators, frozenset(models), authorizers)


def settings_of(found: RestApiTypeDef | RestApiResponseTypeDef) -> Settings:
    return Settings(
        key_source=found.get("apiKeySource", "HEADER"),
        endpoints=tuple(found.get("endpointConfiguration", {}).get("types", ())),
        binary_types=tuple(sorted(found.get("binaryMediaTypes") or ())),
        compress_from=found.get("minimumCompressionSize"),
        policy=found.get("policy") or "",
    )


_GIVEN: Final = {"Empty": "Empty Schema", "Error": "Error Schema"}
"""The models that AWS puts into every new API, and the titles of their schemas."""


def _is_given(name: str, schema: Document) -> bool:
    return name in _GIVEN and schema.get("title") == _GIVEN[name]


def _read_resources(aws: Aws, api_id: str) -> dict[str, ResourceTypeDef]:
    pages = aws.apigateway.get_paginator("get_resources").paginate(
        restApiId=api_id, embed=["methods"], PaginationConfig=_PAGE
    )
    return {item["path"]: item for page in pages for item in page.get("items", [])}


def _read_models(aws: Aws, api_id: str) -> dict[str, Document]:
    pages = aws.apigateway.get_paginator("get_models").paginate(
        restApiId=api_id, PaginationConfig=_PAGE
    )
    found: dict[str, Document] = {}
    for model in (model for page in pages for model in page.get("items", [])):
        text = model.get("schema", "")
        try:
            schema = json.loads(text)
        except ValueError:
            schema = None
        plain = isinstance(schema, dict) and model.get("contentType", _JSON) == _JSON
        found[model["name"]] = schema if plain else {"not a JSON Schema": text}
    return found


def _read_validators(aws: Aws, api_id: str) -> tuple[dict[str, str], dict[str, Validator]]:
    """Return ids and checks by name; if AWS has two of one name, the second gets its id added."""
    pages = aws.apigateway.get_paginator("get_request_validators").paginate(
        restApiId=api_id, PaginationConfig=_PAGE
    )
    ids: dict[str, str] = {}
    checks: dict[str, Validator] = {}
    for item in (item for page in pages for item in page.get("items", [])):
        name = item.get("name", "")
        if not name or name in ids:
            name = f"{name} ({item['id']})"
        ids[name] = item["id"]
        checks[name] = Validator(
            body=item.get("validateRequestBody", False),
            parameters=item.get("validateRequestParameters", False),
        )
    return ids, checks


def _read_gateway_responses(aws: Aws, api_id: str) -> dict[str, GatewayResponse]:
    """Return the gateway responses that were set; AWS also lists the defaults (A33)."""
    pages = aws.apigateway.get_paginator("get_gateway_responses").paginate(
        restApiId=api_id, PaginationConfig=_PAGE
    )
    return {
        item["responseType"]: GatewayResponse(
            status=item.get("statusCode"),
            headers=item.get("responseParameters") or {},
            templates=item.get("responseTemplates") or {},
        )
        for page in pages
        for item in page.get("items", [])
        if not item.get("defaultResponse", False)
    }


def _method(found: MethodTypeDef, names: Mapping[str, str]) -> Method:
    """Return the method; `names` are those of validators and authorizers by id."""
    validator_id, authorizer_id = found.get("requestValidatorId"), found.get("authorizerId")
    integration = found.get("methodIntegration")
    return Method(
        api_key=found.get("apiKeyRequired", False),
        authorization=found.get("authorizationType", "NONE"),
        authorizer=names.get(authorizer_id, authorizer_id) if authorizer_id else None,
        scopes=tuple(sorted(found.get("authorizationScopes") or ())),
        validator=names.get(validator_id, validator_id) if validator_id else None,
        parameters=found.get("requestParameters") or {},
        models=found.get("requestModels") or {},
        responses={
            status: response.get("responseParameters") or {}
            for status, response in (found.get("methodResponses") or {}).items()
        },
        integration=_integration(integration) if integration else None,
    )


def _integration(found: IntegrationTypeDef) -> Integration:
    """Return the integration; AWS omits some defaults, by field and by age of the API (A34)."""
    kind = found.get("type", "")
    return Integration(
        kind=kind,
        verb=None if kind == "MOCK" else found.get("httpMethod"),
        uri=found.get("uri") or None,
        templates=_texts(found.get("requestTemplates")),
        parameters=_texts(found.get("requestParameters")),
        cache_keys=tuple(sorted(found.get("cacheKeyParameters") or ())),
        timeout=found.get("timeoutInMillis") or 29000,
        passthrough=found.get("passthroughBehavior") or "WHEN_NO_MATCH",
        transfer=found.get("responseTransferMode") or "BUFFERED",
        connection=found.get("connectionType") or "INTERNET",
        credentials=found.get("credentials") or None,
        conversion=found.get("contentHandling") or None,
        responses={
            status: _integration_response(response)
            for status, response in (found.get("integrationResponses") or {}).items()
        },
    )


def _integration_response(found: IntegrationResponseTypeDef) -> IntegrationResponse:
    return IntegrationResponse(
        headers=_texts(found.get("responseParameters")),
        templates=_texts(found.get("responseTemplates")),
        pattern=found.get("selectionPattern") or "",
    )


def _texts(found: Mapping[str, str] | None) -> dict[str, str]:
    """Return the texts; AWS shows an empty template as null."""
    return {name: text or "" for name, text in (found or {}).items()}

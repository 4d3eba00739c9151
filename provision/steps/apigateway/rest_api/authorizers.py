"""Reads and writes the authorizers of an API, which its methods refer to by id.

https://docs.aws.amazon.com/apigateway/latest/api/API_CreateAuthorizer.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, cast

from provision.aws.client import Aws
from provision.model import iam
from provision.steps.apigateway.rest_api.contents import COGNITO, Authorizer
from provision.steps.apigateway.rest_api.uris import target_of, uri_of
from provision.steps.not_found import ignore_not_found

if TYPE_CHECKING:
    from mypy_boto3_apigateway.literals import AuthorizerTypeType
    from mypy_boto3_apigateway.type_defs import (
        AuthorizerTypeDef,
        CreateAuthorizerRequestTypeDef,
        PatchOperationTypeDef,
    )

_LIST: Final = "/restapis/{id}/authorizers"
WRITING: Final = (
    iam.call("apigateway.CreateAuthorizer", iam.gateway_permission("POST", _LIST, iam.OWNED)),
    iam.call(
        "apigateway.UpdateAuthorizer", iam.gateway_permission("PATCH", f"{_LIST}/*", iam.OWNED)
    ),
    iam.call(
        "apigateway.DeleteAuthorizer", iam.gateway_permission("DELETE", f"{_LIST}/*", iam.OWNED)
    ),
)
_TTL: Final = 300
"""The seconds that AWS keeps an answer if it is not asked otherwise."""


def read_authorizers(aws: Aws, api_id: str) -> tuple[dict[str, str], dict[str, Authorizer]]:
    """Return ids and settings by name."""
    pages = aws.apigateway.get_paginator("get_authorizers").paginate(
        restApiId=api_id, PaginationConfig={"PageSize": 500}
    )
    found = [item for page in pages for item in page.get("items", [])]
    return (
        {item["name"]: item["id"] for item in found},
        {item["name"]: _authorizer(item) for item in found},
    )


def _authorizer(found: AuthorizerTypeDef) -> Authorizer:
    kind, uri = found.get("type", ""), found.get("authorizerUri") or ""
    ttl = found.get("authorizerResultTtlInSeconds")
    return Authorizer(
        name=found["name"],
        kind=kind,
        pools=tuple(sorted(found.get("providerARNs") or ())),
        target=target_of(uri) or uri,
        source=found.get("identitySource") or "",
        # Of tokens of Cognito nothing is kept, and AWS shows its default (A48).
        cache=0 if kind == COGNITO else _TTL if ttl is None else ttl,
        credentials=found.get("authorizerCredentials") or "",
        pattern=found.get("identityValidationExpression") or "",
    )


def put_authorizers(
    aws: Aws,
    api_id: str,
    want: Mapping[str, Authorizer],
    have: Mapping[str, Authorizer],
    ids: dict[str, str],
) -> None:
    """Create and change authorizers before the methods that refer to them; add the new `ids`.

    They change in place: AWS refuses to delete one that a method refers to, and a second one of
    the same name (A48).
    """
    for name, authorizer in want.items():
        if name not in ids:
            made = aws.apigateway.create_authorizer(**_request(api_id, authorizer))
            ids[name] = made["id"]
        elif patches := _patches(authorizer, have[name]):
            aws.apigateway.update_authorizer(
                restApiId=api_id, authorizerId=ids[name], patchOperations=patches
            )


def remove_authorizers(
    aws: Aws, api_id: str, want: Mapping[str, Authorizer], ids: Mapping[str, str]
) -> None:
    """Delete undeclared ones, which no method refers to any more."""
    for name in ids.keys() - want.keys():
        with ignore_not_found():
            aws.apigateway.delete_authorizer(restApiId=api_id, authorizerId=ids[name])


def _request(api_id: str, want: Authorizer) -> CreateAuthorizerRequestTypeDef:
    request: CreateAuthorizerRequestTypeDef = {
        "restApiId": api_id,
        "name": want.name,
        "type": cast("AuthorizerTypeType", want.kind),
        "identitySource": want.source,
    }
    if want.kind == COGNITO:
        request["providerARNs"] = want.pools
    else:
        request["authorizerUri"] = uri_of(want.target)
        request["authorizerResultTtlInSeconds"] = want.cache
    return request


def _patches(want: Authorizer, have: Authorizer) -> list[PatchOperationTypeDef]:
    """Return the patches; pools are added first, since one must be left at every moment."""
    uri = uri_of(want.target) if want.target else ""
    values = (
        ("/type", want.kind, have.kind),
        ("/authorizerUri", uri, uri_of(have.target) if have.target.count(":") > 1 else have.target),
        ("/identitySource", want.source, have.source),
        ("/authorizerResultTtlInSeconds", str(want.cache), str(have.cache)),
        ("/authorizerCredentials", want.credentials, have.credentials),
        ("/identityValidationExpression", want.pattern, have.pattern),
    )
    patches: list[PatchOperationTypeDef] = [
        {"op": "replace", "path": path, "value": ours}
        for path, ours, theirs in values
        if ours != theirs
    ]
    patches += [
        {"op": "add", "path": "/providerARNs", "value": pool}
        for pool in want.pools
        if pool not in have.pools
    ]
    patches += [
        {"op": "remove", "path": "/providerARNs", "value": pool}
        for pool in have.pools
        if pool not in want.pools
    ]
    return patches

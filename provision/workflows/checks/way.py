"""Finds the address for requests with the API key or a body, so that only our API can get them.

The contents of our API prove nothing about the custom domain's name: its record may lead
elsewhere, and its base path mappings to another API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provision.aws.client import Aws
from provision.model import iam
from provision.steps.apigateway.domain_name import BY_MAPPING, DomainName
from provision.steps.not_found import found_or_none
from provision.workflows.checks.refusable import Unprovable
from provision.workflows.checks.target import CheckTarget

if TYPE_CHECKING:
    from mypy_boto3_apigateway.type_defs import RestApiResponseTypeDef

CALLS: Final = (
    DomainName,
    (
        iam.call("apigateway.GetDomainName", iam.gateway_permission("GET", "/domainnames/{name}")),
        iam.call(
            "apigateway.GetBasePathMappings",
            iam.gateway_permission("GET", "/domainnames/{name}/basepathmappings"),
        ),
    ),
)
"""The calls for the domain, with the fields of its step."""
AWS_ADDRESS: Final = ""
"""The way to AWS's own address of the API, whose name is the API's id."""
_ROOT: Final = "(none)"


def find_way(aws: Aws, target: CheckTarget, api: RestApiResponseTypeDef) -> str | Unprovable:
    """Return `AWS_ADDRESS`, or the regional name to connect to instead of the domain's own.

    API Gateway's regional name of the domain leads to API Gateway, even if the domain's own DNS
    record does not. There the base path mappings choose the API: they must lead to ours and its
    stage, for each of our routes.
    """
    domain = target.inputs.config.api.domain
    if domain is None or not api.get("disableExecuteApiEndpoint", False):
        return AWS_ADDRESS
    client, name = aws.apigateway, domain.name
    found = found_or_none(lambda: client.get_domain_name(domainName=name))
    if found is None or not found.get("regionalDomainName"):
        return Unprovable(f"API Gateway shows no regional domain {name}")
    if (found.get("routingMode") or BY_MAPPING) != BY_MAPPING:
        return Unprovable(f"the domain {name} is routed by rules, not by its mapping")
    pages = client.get_paginator("get_base_path_mappings").paginate(domainName=name)
    mapped = {
        one.get("basePath") or _ROOT: (one.get("restApiId", ""), one.get("stage", ""))
        for page in pages
        for one in page.get("items", [])
    }
    if mapped.get(_ROOT) != (target.api_id, target.stage):
        return Unprovable(f"the domain {name} does not lead to this API and stage")
    for path in mapped.keys() - {_ROOT}:
        if any(f"{route.path}/".startswith(f"/{path}/") for route in target.routes):
            return Unprovable(f"the domain {name} leads to another API at /{path}")
    return found["regionalDomainName"]

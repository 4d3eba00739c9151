"""Reads what AWS shows of the deployed API: its contents, its stage and what the stage serves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from provision.aws.client import Aws
from provision.model import iam
from provision.model.step import Step
from provision.steps.apigateway.api_key import ApiKey
from provision.steps.apigateway.deployment import Deployment
from provision.steps.apigateway.rest_api.api import EDITION, RestApi
from provision.steps.apigateway.rest_api.contents import Contents
from provision.steps.apigateway.rest_api.reading import READING, read, settings_of
from provision.steps.apigateway.rest_api.status import describe
from provision.steps.apigateway.stage import Stage
from provision.steps.apigateway.tags import tags_of
from provision.steps.apigateway.usage_plan import UsagePlan
from provision.steps.lambda_.event_invoke import EventInvoke
from provision.steps.lambda_.function import Function
from provision.steps.lambda_.states import qualified
from provision.steps.not_found import found_or_none
from provision.workflows import redrive
from provision.workflows.checks import way
from provision.workflows.checks.refusable import Unprovable
from provision.workflows.checks.target import CheckTarget

if TYPE_CHECKING:
    from mypy_boto3_apigateway.type_defs import StageTypeDef

CALLS: Final[tuple[tuple[type[Step], tuple[iam.ApiCall, ...]], ...]] = (
    (
        RestApi,
        (
            iam.call("apigateway.GetRestApi", iam.gateway_permission("GET", "/restapis/{id}")),
            *READING,
        ),
    ),
    (
        Stage,
        (
            iam.call(
                "apigateway.GetStages",
                iam.gateway_permission("GET", "/restapis/{api_id}/stages"),
            ),
        ),
    ),
    (
        Deployment,
        (
            iam.call(
                "apigateway.GetDeployment",
                iam.gateway_permission("GET", "/restapis/{api_id}/deployments/*"),
            ),
        ),
    ),
    (
        UsagePlan,
        (iam.call("apigateway.GetUsagePlan", iam.gateway_permission("GET", "/usageplans/{id}")),),
    ),
    (
        ApiKey,
        (iam.call("apigateway.GetApiKey", iam.gateway_permission("GET", "/apikeys/{id}")),),
    ),
    way.CALLS,
    (Function, redrive.CALLS),
    (EventInvoke, iam.calls("lambda", qualified("{qualifier}"), "GetFunctionEventInvokeConfig")),
)
"""The calls for each resource of a kind, with the fields of its step."""


@dataclass(frozen=True)
class Deployed:
    """The API as AWS shows it now. None of its parts is there if the resource is not.

    `keys` maps each deployed method, as `GET /items`, to whether it requires a key. `served`: the
    stage serves the deployment that `up` made of config.yaml as it is now, and the API was not
    written since. `authorizations` are those of the deployed methods.
    """

    contents: Contents
    stage: StageTypeDef | None
    keys: Mapping[str, bool]
    served: bool
    way: str | Unprovable = way.AWS_ADDRESS
    """Where requests with the key or a body go (`find_way`)."""
    authorizations: Mapping[str, str] = field(default_factory=dict)


def read_deployed(aws: Aws, target: CheckTarget) -> Deployed:
    """Read the API, its stage and the deployment that the stage serves."""
    client, api_id = aws.apigateway, target.api_id
    api = describe(aws, api_id)
    if api is None:
        nothing = Contents(resources={}, models={}, validators={}, gateway_responses={})
        gone = Unprovable("the API does not exist")
        return Deployed(nothing, None, {}, served=False, way=gone)
    found_way = way.find_way(aws, target, api)
    contents = read(aws, api_id, settings_of(api), target.api.authorizers).contents
    stages = client.get_stages(restApiId=api_id).get("item", [])
    stage = next((one for one in stages if one["stageName"] == target.stage), None)
    deployment_id = stage.get("deploymentId") if stage else None
    found = deployment_id and found_or_none(
        lambda: client.get_deployment(
            restApiId=api_id, deploymentId=deployment_id, embed=["apisummary"]
        )
    )
    if not stage or not found:
        return Deployed(contents, stage, {}, served=False, way=found_way)
    methods = {
        f"{verb} {path}": method
        for path, each in found.get("apiSummary", {}).items()
        for verb, method in each.items()
    }
    keys = {label: method.get("apiKeyRequired", False) for label, method in methods.items()}
    asked = {label: method.get("authorizationType", "NONE") for label, method in methods.items()}
    owner, _, digest = found.get("description", "").partition(" ")
    expected = f"{target.api.digest()}.{tags_of(api).get(EDITION, '')}"
    ours = (
        owner.startswith(f"{target.stack.owner_prefix}/") and digest.partition(" ")[0] == expected
    )
    served = ours and "canarySettings" not in stage
    return Deployed(contents, stage, keys, served, found_way, asked)

"""Finds resources of a stack that are still in the account, from AWS alone.

It uses the owner tag where AWS lists by tag, and the list calls of each service where it does not.
Each resource is looked up directly before it is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

from provision.aws.client import Aws
from provision.aws.concurrency import read_pool
from provision.aws.failed_call import NO_GOOD_ANSWER
from provision.engine.errors import translate_error
from provision.model import iam
from provision.model.stack import Stack
from provision.model.step import OWNER, FieldRole, Step, fields_with
from provision.plan.limitations import NO_LIMITATIONS, Limitations
from provision.steps.autoscaling.target import TARGET, ScalingTarget
from provision.steps.dynamodb.table import Table
from provision.steps.ec2.base import stack_filters
from provision.workflows.arn_kinds import LookupResult, look_up, rank

CALLS: Final = (
    iam.call("resourcegroupstaggingapi.GetResources", iam.Permission("tag:GetResources")),
    *iam.calls("ec2", iam.ANY_RESOURCE, "DescribeTags"),
    *iam.calls("iam", iam.ANY_RESOURCE, "ListRoles"),
    *iam.calls("iam", iam.arn("iam", "role/{stack}-*", region=False), "ListRoleTags"),
    iam.call("apigateway.GetRestApis", iam.gateway_permission("GET", "/restapis")),
    iam.call("apigateway.GetApiKeys", iam.gateway_permission("GET", "/apikeys")),
    iam.call("apigateway.GetApiKey", iam.gateway_permission("GET", "/apikeys/*")),
    iam.call("apigateway.GetUsagePlans", iam.gateway_permission("GET", "/usageplans")),
    iam.call("apigateway.GetUsagePlan", iam.gateway_permission("GET", "/usageplans/*")),
    *iam.calls("lambda", iam.ANY_RESOURCE, "ListLayers", "ListLayerVersions"),
    *iam.calls("application-autoscaling", iam.ANY_RESOURCE, "DescribeScalableTargets"),
    *iam.calls("application-autoscaling", TARGET, "ListTagsForResource"),
)
"""The calls of the listings. Looking up what they found takes the read calls of the steps."""

Owners = Iterator[tuple[str, str]]
"""ARN and owner tag of each resource found."""
Listing = Callable[[Aws, Stack], Owners]


@dataclass(frozen=True)
class Leftover:
    """A resource that is still in AWS.

    `node` is the node in its owner tag. `confirmed`: looked up, and it exists; False if AWS lists
    it and it could not be looked up. `goes`: in words, which of the user's data is deleted with it,
    or what prevents the deletion. `delete_command` is a shell command, empty if none is known.
    """

    arn: str
    node: str
    confirmed: bool
    delete_command: str
    goes: str = ""


@dataclass(frozen=True)
class LeftoverReport:
    """The leftovers, and in words what could not be searched."""

    found: tuple[Leftover, ...]
    not_searched: tuple[str, ...]


def find_leftovers(
    aws: Aws, stack: Stack, expected: Collection[Step], limitations: Limitations = NO_LIMITATIONS
) -> LeftoverReport:
    """Return every resource whose owner is a node of the stack, except those `expected`.

    Must not write. They are in the order in which they can be deleted. A listing that is not
    permitted, or that an emulator lacks, is reported in `not_searched`.
    """
    owners: dict[str, str] = {}
    not_searched = [limitations.unlisted] if limitations.unlisted else []
    with read_pool() as pool:
        asked = {name: pool.submit(_listed, ask, aws, stack) for name, ask in LISTINGS.items()}
        if ScalingTarget.KIND not in limitations.unsupported_kinds:
            asked["scalable targets"] = pool.submit(_targets, aws, stack, expected)
    for listing, answer in asked.items():
        try:
            owners |= answer.result()
        except NO_GOOD_ANSWER as error:
            not_searched.append(f"{listing}: {translate_error(error).message}")
    known = [_identifiers(step) for step in expected]
    unknown = [
        arn
        for arn, owner in sorted(owners.items(), key=lambda each: rank(each[0]))
        if owner.startswith(f"{stack.owner_prefix}/") and not any(_names(arn, ids) for ids in known)
    ]
    saves = Table.KIND not in limitations.kinds_without_backup
    with read_pool() as pool:
        results = list(pool.map(lambda arn: look_up(aws, arn, backups=saves), unknown))
    found = tuple(
        _leftover(arn, owners[arn].removeprefix(f"{stack.owner_prefix}/"), result)
        for arn, result in zip(unknown, results, strict=True)
        if result.there is not False
    )
    return LeftoverReport(found, tuple(not_searched))


def _leftover(arn: str, node: str, result: LookupResult) -> Leftover:
    return Leftover(arn, node, result.there is True, " && ".join(result.commands), result.goes)


def _listed(listing: Listing, aws: Aws, stack: Stack) -> dict[str, str]:
    return dict(listing(aws, stack))


def _identifiers(step: Step) -> frozenset[str]:
    names = (*step.IDENTITY, *fields_with(type(step), FieldRole.COMPUTED))
    values = (vars(step)[name] for name in names)
    return frozenset(value for value in values if isinstance(value, str) and value)


def _names(arn: str, identifiers: Collection[str]) -> bool:
    """Return whether the ARN is of the resource that one of these identifies."""
    return any(arn == one or arn.endswith((f":{one}", f"/{one}")) for one in identifiers)


def _tagged(aws: Aws, stack: Stack) -> Owners:  # noqa: ARG001  (values cannot be filtered by prefix)
    token = ""
    while True:
        page = aws.tagging.get_resources(TagFilters=[{"Key": OWNER}], PaginationToken=token)
        for one in page.get("ResourceTagMappingList", []):
            yield one["ResourceARN"], _owner(one.get("Tags", []))
        token = page.get("PaginationToken", "")
        if not token:
            return


def _network(aws: Aws, stack: Stack) -> Owners:
    pages = aws.ec2.get_paginator("describe_tags").paginate(
        Filters=stack_filters(stack.owner_prefix)
    )
    for page in pages:
        for one in page.get("Tags", []):
            arn = aws.location.arn("ec2", f"{one['ResourceType']}/{one['ResourceId']}")
            yield arn, one["Value"]


def _roles(aws: Aws, stack: Stack) -> Owners:
    """Yield roles whose names begin with the stack's: the tagging API lists no roles.

    https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html
    """
    for page in aws.iam.get_paginator("list_roles").paginate():
        for role in page["Roles"]:
            if role["RoleName"].startswith(f"{stack.name}-"):
                tags = aws.iam.get_paginator("list_role_tags").paginate(RoleName=role["RoleName"])
                yield role["Arn"], _owner([tag for shown in tags for tag in shown["Tags"]])


def _apis(aws: Aws, stack: Stack) -> Owners:  # noqa: ARG001  (all are listed, with their tags)
    for page in aws.apigateway.get_paginator("get_rest_apis").paginate():
        for api in page.get("items", []):
            yield _gateway_arn(aws, "restapis", api["id"]), api.get("tags", {}).get(OWNER, "")


def _keys(aws: Aws, stack: Stack) -> Owners:
    """Yield API keys, which are listed without their tags (A22)."""
    for page in aws.apigateway.get_paginator("get_api_keys").paginate(nameQuery=stack.name):
        for key in page.get("items", []):
            tags = aws.apigateway.get_api_key(apiKey=key["id"]).get("tags", {})
            yield _gateway_arn(aws, "apikeys", key["id"]), tags.get(OWNER, "")


def _plans(aws: Aws, stack: Stack) -> Owners:
    """Yield usage plans, which are listed without their tags (A24)."""
    for page in aws.apigateway.get_paginator("get_usage_plans").paginate():
        for plan in page.get("items", []):
            if plan.get("name", "").startswith(stack.name):
                tags = aws.apigateway.get_usage_plan(usagePlanId=plan["id"]).get("tags", {})
                yield _gateway_arn(aws, "usageplans", plan["id"]), tags.get(OWNER, "")


def _gateway_arn(aws: Aws, kind: str, made: str) -> str:
    return aws.location.arn("apigateway", f"/{kind}/{made}", account=False)


def _layers(aws: Aws, stack: Stack) -> Owners:
    """Yield layer versions. They have no tags; their description begins with the owner (L24)."""
    for page in aws.lambda_.get_paginator("list_layers").paginate():
        for layer in page.get("Layers", []):
            name = layer["LayerName"]
            if not name.startswith(f"{stack.name}-"):
                continue
            for versions in aws.lambda_.get_paginator("list_layer_versions").paginate(
                LayerName=name
            ):
                for version in versions.get("LayerVersions", []):
                    owner = version.get("Description", "").partition(" ")[0]
                    yield version["LayerVersionArn"], owner


def _targets(aws: Aws, stack: Stack, expected: Collection[Step]) -> dict[str, str]:
    """Return the scalable targets that are not expected, with their owners.

    Their ARNs do not contain the table, by which we know them; older ones have no ARN.
    """
    known = {(one.resource, one.dimension) for one in expected if isinstance(one, ScalingTarget)}
    owners = {}
    for page in aws.autoscaling.get_paginator("describe_scalable_targets").paginate(
        ServiceNamespace="dynamodb"
    ):
        for one in page.get("ScalableTargets", []):
            arn, what = one.get("ScalableTargetARN"), (one["ResourceId"], one["ScalableDimension"])
            if arn and what not in known and stack.name in one["ResourceId"]:
                tags = aws.autoscaling.list_tags_for_resource(ResourceARN=arn).get("Tags", {})
                owners[arn] = tags.get(OWNER, "")
    return owners


def _owner(tags: Collection[Any]) -> str:
    return next((str(tag["Value"]) for tag in tags if tag["Key"] == OWNER), "")


LISTINGS: Final[dict[str, Listing]] = {
    "resources by tag": _tagged,
    "the network": _network,
    "roles": _roles,
    "APIs": _apis,
    "API keys": _keys,
    "usage plans": _plans,
    "layers": _layers,
}

"""Asks AWS, before anything is created, whether an endpoint can be made where it is wanted."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from provision.aws.client import Aws
from provision.errors import PrerequisiteMissing
from provision.model import iam
from provision.model.step import Step
from provision.plan.plan import Plan
from provision.steps.ec2.endpoint import Endpoint
from provision.steps.ec2.interface_endpoint import InterfaceEndpoint
from provision.steps.ec2.subnet import Subnet
from provision.workflows.prerequisites import NEEDING

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import ServiceDetailTypeDef

_EVERYWHERE: Final = ".dynamodb"
"""The end of the name of the service that every region has as a gateway, in all zones."""
_UNKNOWN: Final = "InvalidServiceName"
_HINT: Final = (
    "take it out of `network.endpoints` of config.yaml; with `network: open` a function runs"
    " outside and needs none"
)


def endpoint_service_calls(steps: Mapping[str, Step]) -> Iterator[iam.ApiCall]:
    """Yield the calls of `check_endpoint_services` for a stack with these steps."""
    if any(_is_asked(step) for step in steps.values()):
        yield from iam.calls("ec2", iam.ANY_RESOURCE, "DescribeVpcEndpointServices")


def check_endpoint_services(aws: Aws, seen: Plan) -> None:
    """Raise `PrerequisiteMissing` for the first endpoint that AWS would refuse (V27)."""
    zones = {one.want.zone for one in seen.changes.values() if isinstance(one.want, Subnet)}
    for node, change in seen.changes.items():
        want = change.want
        if change.action not in NEEDING or not isinstance(want, Endpoint) or not _is_asked(want):
            continue
        if trouble := _trouble(aws, want, zones):
            raise PrerequisiteMissing(f"{node}: {trouble}", hint=_HINT)


def _is_asked(step: Step) -> bool:
    return isinstance(step, Endpoint) and not step.service.endswith(_EVERYWHERE)


def _trouble(aws: Aws, endpoint: Endpoint, zones: Collection[str]) -> str:
    wanted = "Interface" if isinstance(endpoint, InterfaceEndpoint) else "Gateway"
    found = next((one for one in _services(aws, endpoint.service) if wanted in _types(one)), None)
    if found is None:
        return f"{aws.location.region} has no endpoint service {endpoint.service}"
    without = sorted({*zones} - {*found.get("AvailabilityZones", zones)})
    if without and wanted == "Interface":
        return f"{endpoint.service} has no endpoint in {', '.join(without)}, where a subnet is"
    if wanted == "Interface" and not found.get("VpcEndpointPolicySupported", True):
        return f"{endpoint.service} takes no policy, so that everything would pass its endpoint"
    return ""


def _services(aws: Aws, name: str) -> list[ServiceDetailTypeDef]:
    """Return what AWS has by this name: a gateway and an interface may share it."""
    try:
        return aws.ec2.describe_vpc_endpoint_services(ServiceNames=[name]).get("ServiceDetails", [])
    except ClientError as error:
        if error.response["Error"]["Code"] != _UNKNOWN:
            raise
        return []


def _types(service: ServiceDetailTypeDef) -> set[str]:
    return {one.get("ServiceType", "") for one in service.get("ServiceType", [])}

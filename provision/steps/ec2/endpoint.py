"""The base of the two kinds of VPC endpoint: how they are found, waited for and deleted."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

from provision.aws.client import Aws
from provision.aws.error_codes import is_not_found
from provision.errors import ApiError
from provision.model.capabilities import GrantsAccess
from provision.model.step import Document, Fixed
from provision.steps.ec2.base import Ec2Resource, deleting, describe_or_empty, owner_filter
from provision.steps.iam_policy import as_text, from_text, with_rights_of
from provision.steps.tagging import from_tag_list

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import VpcEndpointTypeDef

AVAILABLE_BUDGET = 600  # seconds: it is pending for minutes (V9)
GONE_BUDGET = 600  # seconds: AWS deletes it after its answer (V11)
POLICY_SPACE: Final = 20_480
"""The limit for an endpoint's policy, in characters with white space.

https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
"""
_MOVING: Final = frozenset({"pending", "deleting"})


@dataclass(frozen=True, kw_only=True)
class Endpoint(Ec2Resource, GrantsAccess):
    """A VPC endpoint.

    `policy`: in canonical form (`iam_policy`). `state`: other than "available" only if AWS failed
    to create it; then it is replaced.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html
    """

    vpc_id: Fixed[str]
    service: Fixed[str]
    policy: Document
    state: Fixed[str] = "available"

    @abstractmethod
    def led_by(self, endpoint: VpcEndpointTypeDef) -> Self:
        """Return this with the fields that only its kind has, as AWS shows them."""

    def describe(self, aws: Aws) -> Sequence[Self]:
        def settled() -> Sequence[Self] | None:
            found = self._find(aws)
            moving = any(_state(endpoint) in _MOVING for endpoint in found)
            return None if moving else [self._from_aws(endpoint) for endpoint in found]

        return aws.wait(f"endpoint {self.label} to settle", settled, budget=AVAILABLE_BUDGET)

    def keeping_access_of(self, have: Self) -> Self:
        """Return this with the rights of `have` in addition.

        If both together exceed the policy's limit, return it without: the old rights end at once.
        """
        both = with_rights_of(self.policy, have.policy)
        return replace(self, policy=both) if len(as_text(both)) <= POLICY_SPACE else self

    def delete(self, aws: Aws) -> None:
        with deleting(aws, self.id):
            answer = aws.ec2.delete_vpc_endpoints(VpcEndpointIds=[self.id])
            for refusal in answer.get("Unsuccessful", []):  # the SDK raises no error (V11)
                error = refusal.get("Error", {})
                if not is_not_found(error.get("Code", "")):
                    raise ApiError(
                        f"DeleteVpcEndpoints: {error.get('Code')}: {error.get('Message')}",
                        hint="fix the cause and run it again",
                    )
        aws.wait_until_gone(  # until then its routes and interfaces remain, and block the VPC (V11)
            f"endpoint {self.label}", lambda: bool(self._find(aws)), budget=GONE_BUDGET
        )

    def _find(self, aws: Aws) -> Sequence[VpcEndpointTypeDef]:
        ec2 = aws.ec2
        if self.id:
            found = describe_or_empty(
                lambda: ec2.describe_vpc_endpoints(VpcEndpointIds=[self.id]).get("VpcEndpoints", [])
            )
        else:
            pages = ec2.get_paginator("describe_vpc_endpoints").paginate(
                Filters=owner_filter(self.owner)
            )
            found = [endpoint for page in pages for endpoint in page.get("VpcEndpoints", [])]
        return [endpoint for endpoint in found if _state(endpoint) != "deleted"]

    def _from_aws(self, endpoint: VpcEndpointTypeDef) -> Self:
        text = endpoint.get("PolicyDocument")
        return replace(
            self.led_by(endpoint),
            id=endpoint["VpcEndpointId"],
            vpc_id=endpoint["VpcId"],
            service=endpoint["ServiceName"],
            policy=from_text(text) if text else {},  # AWS may change its form (V10)
            state=_state(endpoint),
            tags=from_tag_list(endpoint.get("Tags", [])),
        )


def _state(endpoint: VpcEndpointTypeDef) -> str:
    """Return the state in lower case, as AWS answers; its reference has a capital."""
    return endpoint["State"].lower()

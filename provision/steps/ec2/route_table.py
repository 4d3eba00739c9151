"""The route table, which leads only to the VPC itself and to its gateway endpoints."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self
from uuid import uuid4

from provision.aws.client import Aws
from provision.model import iam
from provision.model.risks import Impact, Risk, Risks
from provision.model.step import Fixed
from provision.steps.ec2.base import (
    Ec2Resource,
    create_permissions,
    deleting,
    describe_or_empty,
    ec2_arn,
    owner_filter,
    tag_update_calls,
)
from provision.steps.tagging import from_tag_list, tag_specifications

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import (
        RouteTableAssociationTypeDef,
        RouteTableTypeDef,
        RouteTypeDef,
    )

ASSOCIATED_BUDGET = 300
_MOVING: Final = frozenset({"associating", "disassociating"})
_LINKS: Final = ("AssociateRouteTable", "DisassociateRouteTable", "ReplaceRouteTableAssociation")


def _linking(operation: str) -> iam.ApiCall:
    """Return a call that IAM checks on the route table and on the subnet."""
    both = (ec2_arn("route-table"), ec2_arn("subnet", "{subnet_ids}"))
    return iam.call(f"ec2.{operation}", iam.Permission(f"ec2:{operation}", both, (iam.OWNED,)))


@dataclass(frozen=True, kw_only=True)
class RouteTable(Ec2Resource):
    """A route table and the subnets associated with it.

    `routes` ("destination target"): those in addition to the VPC's own and its endpoints'. None are
    wanted: another party opened a way out with each one that is found, and it is removed.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRouteTable.html
    """

    KIND = "ec2.route_table"
    RISKS = Risks(
        recreate=(Risk(Impact.DOWNTIME, "no route to the tables until the endpoint follows"),)
    )
    API_CALLS = iam.ApiCalls(
        read=iam.calls("ec2", iam.ANY_RESOURCE, "DescribeRouteTables"),
        write=(
            iam.call(
                "ec2.CreateRouteTable",
                *create_permissions("CreateRouteTable", "route-table"),
                iam.Permission("ec2:CreateRouteTable", (ec2_arn("vpc", "{vpc_id}"),), (iam.OWNED,)),
            ),
            *(_linking(name) for name in _LINKS),
            *iam.calls("ec2", ec2_arn("route-table"), "DeleteRoute", when=(iam.OWNED,)),
            *tag_update_calls("route-table"),
        ),
        delete=(
            _linking("DisassociateRouteTable"),
            *iam.calls("ec2", ec2_arn("route-table"), "DeleteRouteTable", when=(iam.OWNED,)),
        ),
    )

    vpc_id: Fixed[str]
    subnet_ids: tuple[str, ...]
    routes: tuple[str, ...] = ()

    def describe(self, aws: Aws) -> Sequence[Self]:
        def settled() -> Sequence[Self] | None:
            found = self._find(aws)
            states = {_state(link) for table in found for link in table.get("Associations", [])}
            return None if states & _MOVING else [self._from_aws(table) for table in found]

        return aws.wait(f"{self.label}'s subnets to settle", settled, budget=ASSOCIATED_BUDGET)

    def create(self, aws: Aws) -> Self:
        answer = aws.ec2.create_route_table(
            VpcId=self.vpc_id,
            ClientToken=uuid4().hex,  # a repeated call creates no second one (V6, X2)
            TagSpecifications=tag_specifications("route-table", self.tags),
        )
        made = replace(self, id=answer["RouteTable"]["RouteTableId"])
        aws.new_ids.add(made.id)
        _associate(aws, made.id, self.subnet_ids)
        return made

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        if "subnet_ids" in changed:
            _associate(aws, have.id, sorted(set(self.subnet_ids) - set(have.subnet_ids)))
            self._dissociate(aws, have, set(have.subnet_ids) - set(self.subnet_ids))
        if "routes" in changed:
            for route in have.routes:
                _delete_route(aws, have.id, route.partition(" ")[0])
        if "tags" in changed:
            self.update_tags(aws, have)
        return replace(self, id=have.id)

    def delete(self, aws: Aws) -> None:
        self._dissociate(aws, self, None)  # AWS deletes it only without subnets (V15)
        with deleting(aws, self.id):
            aws.ec2.delete_route_table(RouteTableId=self.id)

    def _find(self, aws: Aws) -> Sequence[RouteTableTypeDef]:
        if self.id:
            return describe_or_empty(
                lambda: aws.ec2.describe_route_tables(RouteTableIds=[self.id]).get(
                    "RouteTables", []
                )
            )
        pages = aws.ec2.get_paginator("describe_route_tables").paginate(
            Filters=owner_filter(self.owner)
        )
        return [table for page in pages for table in page.get("RouteTables", [])]

    def _from_aws(self, table: RouteTableTypeDef) -> Self:
        links = [link for link in table.get("Associations", []) if _state(link) == "associated"]
        return replace(
            self,
            id=table["RouteTableId"],
            vpc_id=table["VpcId"],
            subnet_ids=tuple(sorted(link["SubnetId"] for link in links if "SubnetId" in link)),
            routes=tuple(sorted(_other_routes(table.get("Routes", [])))),
            tags=from_tag_list(table.get("Tags", [])),
        )

    def _dissociate(self, aws: Aws, have: Self, subnet_ids: Collection[str] | None) -> None:
        """Disassociate these subnets; with None, all."""
        for table in have._find(aws):
            for link in table.get("Associations", []):
                subnet = link.get("SubnetId")
                if subnet and (subnet_ids is None or subnet in subnet_ids):
                    made = link["RouteTableAssociationId"]
                    with deleting(aws, made):
                        aws.ec2.disassociate_route_table(AssociationId=made)


def _associate(aws: Aws, table_id: str, subnet_ids: Sequence[str]) -> None:
    """Associate the subnets with this table: one that has a table must be moved, not added (V7)."""
    if not subnet_ids:
        return
    pages = aws.ec2.get_paginator("describe_route_tables").paginate(
        Filters=[{"Name": "association.subnet-id", "Values": list(subnet_ids)}]
    )
    taken: dict[str, str] = {}
    for table in (each for page in pages for each in page.get("RouteTables", [])):
        for link in table.get("Associations", []):
            if "SubnetId" in link:
                taken[link["SubnetId"]] = link["RouteTableAssociationId"]
    for subnet in subnet_ids:
        if subnet in taken:
            aws.ec2.replace_route_table_association(
                AssociationId=taken[subnet], RouteTableId=table_id
            )
        else:
            aws.ec2.associate_route_table(RouteTableId=table_id, SubnetId=subnet)


def _state(link: RouteTableAssociationTypeDef) -> str:
    return link.get("AssociationState", {}).get("State", "associated")


def _other_routes(routes: Iterable[RouteTypeDef]) -> Iterable[str]:
    """Yield all routes but the VPC's own and the endpoints', which no call may change (V11)."""
    for route in routes:
        gateway = route.get("GatewayId", "")
        if gateway == "local" or gateway.startswith("vpce-"):
            continue
        destination = (
            route.get("DestinationCidrBlock")
            or route.get("DestinationIpv6CidrBlock")
            or route.get("DestinationPrefixListId", "")
        )
        yield f"{destination} {_target(route)}"


def _target(route: RouteTypeDef) -> str:
    return (
        route.get("GatewayId")
        or route.get("NatGatewayId")
        or route.get("TransitGatewayId")
        or route.get("VpcPeeringConnectionId")
        or route.get("EgressOnlyInternetGatewayId")
        or route.get("NetworkInterfaceId", "somewhere else")
    )


def _delete_route(aws: Aws, table_id: str, destination: str) -> None:
    if destination.startswith("pl-"):
        aws.ec2.delete_route(RouteTableId=table_id, DestinationPrefixListId=destination)
    elif ":" in destination:
        aws.ec2.delete_route(RouteTableId=table_id, DestinationIpv6CidrBlock=destination)
    else:
        aws.ec2.delete_route(RouteTableId=table_id, DestinationCidrBlock=destination)

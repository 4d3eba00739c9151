"""Drift of the network, by another client's calls to EC2."""

from __future__ import annotations

from typing import Any, Final

from provision.aws.client import Aws
from provision.steps.ec2.flow_log import FlowLog
from provision.steps.ec2.gateway_endpoint import GatewayEndpoint
from provision.steps.ec2.route_table import RouteTable
from provision.steps.ec2.security_group import SecurityGroup
from provision.steps.ec2.subnet import Subnet
from provision.steps.ec2.vpc import Vpc
from tests.conformance.drift.case import GONE, Case
from tests.conformance.drift.edits import STRAY, policy, role_of_theirs, tags_of

ANYBODY: Final[Any] = {
    "IpProtocol": "tcp",
    "FromPort": 22,
    "ToPort": 22,
    "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
}


def tag(aws: Aws, it: Any) -> None:
    """CreateTags: a tag more"""
    aws.ec2.create_tags(Resources=[it.id], Tags=[{"Key": STRAY, "Value": "theirs"}])


def untag(aws: Aws, it: Any) -> None:
    """DeleteTags: `Environment`"""
    aws.ec2.delete_tags(Resources=[it.id], Tags=[{"Key": "Environment"}])


def names_off(aws: Aws, vpc: Vpc) -> None:
    """ModifyVpcAttribute: no names for hosts"""
    aws.ec2.modify_vpc_attribute(VpcId=vpc.id, EnableDnsHostnames={"Value": False})


def open_default_group(aws: Aws, vpc: Vpc) -> None:
    """AuthorizeSecurityGroupIngress on the VPC's default group"""
    (group,) = aws.ec2.describe_security_groups(
        Filters=[
            {"Name": "vpc-id", "Values": [vpc.id]},
            {"Name": "group-name", "Values": ["default"]},
        ]
    )["SecurityGroups"]
    aws.ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[ANYBODY])


def make_public(aws: Aws, subnet: Subnet) -> None:
    """ModifySubnetAttribute: public addresses"""
    aws.ec2.modify_subnet_attribute(SubnetId=subnet.id, MapPublicIpOnLaunch={"Value": True})


def lead_out(aws: Aws, routes: RouteTable) -> None:
    """CreateRoute: 0.0.0.0/0 to an internet gateway"""
    gateway = aws.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    aws.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=routes.vpc_id)
    aws.ec2.create_route(
        RouteTableId=routes.id, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway
    )


def let_a_subnet_go(aws: Aws, routes: RouteTable) -> None:
    """DisassociateRouteTable of one subnet"""
    (found,) = aws.ec2.describe_route_tables(RouteTableIds=[routes.id])["RouteTables"]
    link = next(one for one in found["Associations"] if one.get("SubnetId"))
    aws.ec2.disassociate_route_table(AssociationId=link["RouteTableAssociationId"])


def move_a_subnet(aws: Aws, routes: RouteTable) -> None:
    """ReplaceRouteTableAssociation: one subnet, to a table of theirs"""
    (found,) = aws.ec2.describe_route_tables(RouteTableIds=[routes.id])["RouteTables"]
    link = next(one for one in found["Associations"] if one.get("SubnetId"))
    other = aws.ec2.create_route_table(VpcId=routes.vpc_id)["RouteTable"]["RouteTableId"]
    aws.ec2.replace_route_table_association(
        AssociationId=link["RouteTableAssociationId"], RouteTableId=other
    )


def let_everything_pass(aws: Aws, endpoint: GatewayEndpoint) -> None:
    """ModifyVpcEndpoint: a policy that lets everything pass"""
    aws.ec2.modify_vpc_endpoint(
        VpcEndpointId=endpoint.id, PolicyDocument=policy("*", Principal="*")
    )


def leave_the_table(aws: Aws, endpoint: GatewayEndpoint) -> None:
    """ModifyVpcEndpoint: out of the route table"""
    aws.ec2.modify_vpc_endpoint(
        VpcEndpointId=endpoint.id, RemoveRouteTableIds=list(endpoint.route_table_ids)
    )


def delete_endpoint(aws: Aws, endpoint: GatewayEndpoint) -> None:
    """DeleteVpcEndpoints"""
    aws.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint.id])


def let_in(aws: Aws, group: SecurityGroup) -> None:
    """AuthorizeSecurityGroupIngress: everybody to port 22"""
    aws.ec2.authorize_security_group_ingress(GroupId=group.id, IpPermissions=[ANYBODY])


def let_out(aws: Aws, group: SecurityGroup) -> None:
    """AuthorizeSecurityGroupEgress: to everybody's port 22"""
    aws.ec2.authorize_security_group_egress(GroupId=group.id, IpPermissions=[ANYBODY])


def shut_in(aws: Aws, group: SecurityGroup) -> None:
    """RevokeSecurityGroupEgress: the only rule"""
    (found,) = aws.ec2.describe_security_groups(GroupIds=[group.id])["SecurityGroups"]
    aws.ec2.revoke_security_group_egress(
        GroupId=group.id, IpPermissions=found["IpPermissionsEgress"]
    )


def log_all(aws: Aws, log: FlowLog) -> None:
    """deleted and made again: all traffic"""
    _make_again(aws, log, TrafficType="ALL")


def log_every_minute(aws: Aws, log: FlowLog) -> None:
    """deleted and made again: a line a minute"""
    _make_again(aws, log, MaxAggregationInterval=60)


def log_elsewhere(aws: Aws, log: FlowLog) -> None:
    """deleted and made again: to another log group"""
    aws.logs.create_log_group(logGroupName="/theirs/flow-logs")
    _make_again(aws, log, LogGroupName="/theirs/flow-logs")


def log_as_another(aws: Aws, log: FlowLog) -> None:
    """deleted and made again: with another role"""
    role = role_of_theirs(aws, "vpc-flow-logs.amazonaws.com")
    _make_again(aws, log, DeliverLogsPermissionArn=role)


def _make_again(aws: Aws, log: FlowLog, **other: Any) -> None:
    delete_log(aws, log)
    tags: Any = [{"Key": key, "Value": value} for key, value in tags_of(log).items()]
    asked: dict[str, Any] = {
        "ResourceType": "VPC",
        "ResourceIds": [log.vpc_id],
        "TrafficType": log.traffic,
        "LogDestinationType": "cloud-watch-logs",
        "LogGroupName": log.log_group,
        "DeliverLogsPermissionArn": log.role,
        "MaxAggregationInterval": log.interval,
        "TagSpecifications": [{"ResourceType": "vpc-flow-log", "Tags": tags}],
    }
    aws.ec2.create_flow_logs(**asked | other)


def delete_log(aws: Aws, log: FlowLog) -> None:
    """DeleteFlowLogs"""
    aws.ec2.delete_flow_logs(FlowLogIds=[log.id])


VPC: Final = "network.vpc"
SUBNET: Final = "network.subnet.1"
ROUTES: Final = "network.routes"
ENDPOINT: Final = "network.endpoint"
GROUP: Final = "network.group"
LOG: Final = "network.flow_logs"

CASES: Final = (
    Case(VPC, "tags", tag),
    Case(VPC, "dns", names_off),
    Case(VPC, "open_rules", open_default_group),
    Case(SUBNET, "tags", untag),
    Case(SUBNET, "public", make_public),
    Case(ROUTES, "tags", tag),
    Case(ROUTES, "routes", lead_out),
    Case(ROUTES, "subnet_ids", let_a_subnet_go),
    Case(ROUTES, "subnet_ids", move_a_subnet),
    Case(ENDPOINT, "tags", untag),
    Case(ENDPOINT, "policy", let_everything_pass),
    Case(ENDPOINT, "route_table_ids", leave_the_table),
    Case(ENDPOINT, GONE, delete_endpoint, alone=True),
    Case(GROUP, "tags", tag),
    Case(GROUP, "ingress", let_in),
    Case(GROUP, "egress", let_out),
    Case(GROUP, "egress", shut_in),
    Case(LOG, "tags", tag),
    Case(LOG, "traffic", log_all, alone=True),
    Case(LOG, "interval", log_every_minute, alone=True),
    Case(LOG, "log_group", log_elsewhere, alone=True),
    Case(LOG, "role", log_as_another, alone=True),
    Case(LOG, GONE, delete_log, alone=True),
)

REASONS: Final = {
    "ec2.vpc": {
        "cidr": "The first range of a VPC cannot change, and a VPC is deleted only after all its"
        " resources: one with another range is another VPC.",
    },
    "ec2.subnet": dict.fromkeys(
        ("vpc_id", "cidr", "zone"),
        "No call changes it, and a subnet in which Lambda has interfaces cannot be deleted.",
    ),
    "ec2.route_table": {"vpc_id": "A route table stays in the VPC it was made in."},
    "ec2.gateway_endpoint": {
        "vpc_id": "An endpoint stays in the VPC it was made in.",
        "service": "An endpoint stays one to the service it was made for; deleted, it is gone.",
        "state": "Only AWS says it, of an endpoint that it failed to make.",
    },
    "ec2.security_group": dict.fromkeys(
        ("vpc_id", "name"),
        "No call changes it, and a group that Lambda's interfaces are in cannot be deleted.",
    ),
    "ec2.flow_log": {
        "vpc_id": "A flow log of another VPC is another flow log, and ours is gone.",
    },
    "ec2.network_interfaces": {
        "group_id": "Nothing of ours: Lambda makes and removes the interfaces, we wait for them.",
    },
}

"""Adds private subnets that only reach endpoints of AWS services: no internet gateway, no NAT."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from provision.config.schema.endpoints import GATEWAY
from provision.model.stack import Node, Stack
from provision.stack.endpoint_policies import tables_policy
from provision.stack.inputs import StackInputs
from provision.steps.ec2.gateway_endpoint import GatewayEndpoint
from provision.steps.ec2.network_interfaces import NetworkInterfaces
from provision.steps.ec2.route_table import RouteTable
from provision.steps.ec2.security_group import Rule, SecurityGroup
from provision.steps.ec2.subnet import Subnet
from provision.steps.ec2.vpc import Vpc
from provision.steps.iam.role_policies import RolePolicies
from provision.unknown import sort_known

HTTPS = 443
SMALLEST = 28
"""The prefix length of the smallest subnet that AWS allows, 16 addresses. Lambda needs one address
for each subnet and group."""


@dataclass(frozen=True)
class NetworkNodes:
    """The network's nodes that other nodes need."""

    vpc: Node[Vpc]
    subnets: tuple[Node[Subnet], ...]
    group: Node[SecurityGroup]
    routes: Node[RouteTable]
    endpoint: Node[GatewayEndpoint]
    endpoints: tuple[Node[Any], ...] = ()
    """The endpoints but DynamoDB's (stack/secrets.py, stack/endpoints.py)."""


def add_network(stack: Stack, inputs: StackInputs) -> NetworkNodes:
    dynamodb = inputs.service("dynamodb")
    tags = inputs.tags_with_name(inputs.config.prefix)
    vpc = stack.add("network.vpc", lambda _: Vpc(cidr=inputs.config.network.cidr, tags=tags))
    subnets = tuple(
        _add_subnet(stack, inputs, vpc, number, cidr, zone)
        for number, (cidr, zone) in enumerate(
            zip(_cidrs(inputs), inputs.zones, strict=True), start=1
        )
    )
    routes = stack.add(
        "network.routes",
        lambda get: RouteTable(
            vpc_id=get(vpc).id,
            subnet_ids=sort_known(get(subnet).id for subnet in subnets),
            tags=inputs.tags_with_name(inputs.name("private")),
        ),
        needs=[vpc, *subnets],
    )
    endpoint = stack.add(
        "network.endpoint",
        lambda get: GatewayEndpoint(
            vpc_id=get(vpc).id,
            service=dynamodb,
            route_table_ids=(get(routes).id,),
            policy=tables_policy(inputs),
            tags=inputs.tags_with_name(inputs.name("dynamodb")),
        ),
        needs=[vpc, routes],
    )
    group = stack.add(
        "network.group",
        lambda get: SecurityGroup(
            vpc_id=get(vpc).id,
            name=inputs.name("functions"),
            description="The functions: out to DynamoDB and nowhere else",
            egress=_egress_rules(inputs, dynamodb),
            tags=inputs.tags_with_name(inputs.name("functions")),
        ),
        needs=[vpc],
    )
    return NetworkNodes(vpc, subnets, group, routes, endpoint)


def add_interfaces(
    stack: Stack, inputs: StackInputs, network: NetworkNodes, granted: Sequence[Node[RolePolicies]]
) -> Node[NetworkInterfaces]:
    """Add Lambda's network interfaces.

    On `down` they are deleted after the functions and before what they use, including the roles
    with which Lambda deletes them (I12).
    """
    return stack.add(
        "network.interfaces",
        lambda get: NetworkInterfaces(group_id=get(network.group).id, functions=_functions(inputs)),
        needs=[network.group],
        after=[*network.subnets, *granted],
    )


def _add_subnet(
    stack: Stack, inputs: StackInputs, vpc: Node[Vpc], number: int, cidr: str, zone: str
) -> Node[Subnet]:
    tags = inputs.tags_with_name(inputs.name("private", str(number)))
    return stack.add(
        f"network.subnet.{number}",
        lambda get: Subnet(
            vpc_id=get(vpc).id, cidr=cidr, zone=zone, functions=_functions(inputs), tags=tags
        ),
        needs=[vpc],
    )


def _egress_rules(inputs: StackInputs, dynamodb: str) -> tuple[Rule, ...]:
    """Return the rules to gateways and, if there are interface endpoints, to the subnets.

    Those name the subnets' ranges, not the endpoints' group: that one names the functions' group,
    and of two groups that name each other neither can be created, or deleted (V12), first.
    """
    endpoints = inputs.config.network.endpoints
    gateways = [dynamodb, *(inputs.service(name) for name in endpoints if name == GATEWAY)]
    secrets = any(function.secrets for function in inputs.config.private_functions.values())
    inside = secrets or any(name != GATEWAY for name in endpoints)
    return tuple(
        sorted(
            Rule(protocol="tcp", from_port=HTTPS, to_port=HTTPS, target=target)
            for target in (*gateways, *(_cidrs(inputs) if inside else ()))
        )
    )


def _functions(inputs: StackInputs) -> tuple[str, ...]:
    """Return the names of all functions, of open ones too: old versions may be in the network."""
    return tuple(inputs.aws_name("function", key) for key in inputs.config.functions)


def _cidrs(inputs: StackInputs) -> list[str]:
    """Return a range for each subnet, from eight equal parts of the network or as many as fit.

    The parts do not depend on the number of zones: a subnet can neither change its range nor
    overlap another one's.
    """
    network = ipaddress.ip_network(inputs.config.network.cidr)
    parts = network.subnets(new_prefix=min(network.prefixlen + 3, SMALLEST))
    return [str(part) for part, _ in zip(parts, range(inputs.config.network.zones), strict=False)]

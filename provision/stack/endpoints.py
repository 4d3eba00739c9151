"""Adds the endpoints that `network.endpoints` names: one gateway, and interfaces in the subnets."""

from __future__ import annotations

from dataclasses import replace

from provision.config.schema.endpoints import GATEWAY, SERVICES, STORES
from provision.model.stack import Node, Stack
from provision.model.step import Document
from provision.stack.endpoint_policies import own_policy
from provision.stack.inputs import StackInputs
from provision.stack.network import HTTPS, NetworkNodes
from provision.steps.ec2.gateway_endpoint import GatewayEndpoint
from provision.steps.ec2.interface_endpoint import InterfaceEndpoint
from provision.steps.ec2.security_group import Rule, SecurityGroup
from provision.unknown import sort_known

_AREA = "endpoints"


def add_endpoints(stack: Stack, inputs: StackInputs, network: NetworkNodes) -> NetworkNodes:
    """Return the network with the named endpoints; those of `STORES` are secrets.py's."""
    named = sorted(set(inputs.config.network.endpoints) - {*STORES})
    inside = [name for name in named if name != GATEWAY]
    ways = [_add_gateway(stack, inputs, network) for name in named if name == GATEWAY]
    if not inside:
        return replace(network, endpoints=(*network.endpoints, *ways))
    group = add_door(
        stack, inputs, network, _AREA, "The endpoints of AWS's services: in from the functions only"
    )
    interfaces = [
        add_interface(
            stack, inputs, (network, group), (_AREA, name), own_policy(inputs, SERVICES[name])
        )
        for name in inside
    ]
    return replace(network, endpoints=(*network.endpoints, *ways, *interfaces))


def add_door(
    stack: Stack, inputs: StackInputs, network: NetworkNodes, area: str, description: str
) -> Node[SecurityGroup]:
    """Add the group of interface endpoints, which only the functions' group may enter."""
    name, vpc, functions = inputs.name(area), network.vpc, network.group
    return stack.add(
        f"network.{area}.group",
        lambda get: SecurityGroup(
            vpc_id=get(vpc).id,
            name=name,
            description=description,
            ingress=(
                Rule(protocol="tcp", from_port=HTTPS, to_port=HTTPS, target=get(functions).id),
            ),
            tags=inputs.tags_with_name(name),
        ),
        needs=[vpc, functions],
    )


def add_interface(
    stack: Stack,
    inputs: StackInputs,
    placed: tuple[NetworkNodes, Node[SecurityGroup]],
    named: tuple[str, str],
    policy: Document,
) -> Node[InterfaceEndpoint]:
    """Add an endpoint in every subnet, in a group; `named` is its area and its service."""
    network, group = placed
    area, name = named
    return stack.add(
        f"network.{area}.{name}",
        lambda get: InterfaceEndpoint(
            vpc_id=get(network.vpc).id,
            service=inputs.service(name),
            subnet_ids=sort_known(get(subnet).id for subnet in network.subnets),
            group_ids=(get(group).id,),
            policy=policy,
            zones=len(network.subnets),
            tags=inputs.tags_with_name(inputs.name(name)),
        ),
        needs=[network.vpc, group, *network.subnets],
    )


def _add_gateway(stack: Stack, inputs: StackInputs, network: NetworkNodes) -> Node[GatewayEndpoint]:
    return stack.add(
        f"network.{_AREA}.{GATEWAY}",
        lambda get: GatewayEndpoint(
            vpc_id=get(network.vpc).id,
            service=inputs.service(GATEWAY),
            route_table_ids=(get(network.routes).id,),
            policy=own_policy(inputs, SERVICES[GATEWAY]),
            tags=inputs.tags_with_name(inputs.name(GATEWAY)),
        ),
        needs=[network.vpc, network.routes],
    )

"""Adds endpoints in the private subnets for the services that keep secrets, if there are any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from provision import config
from provision.model.stack import Node, Stack
from provision.stack import grants
from provision.stack.inputs import StackInputs
from provision.stack.network import HTTPS, NetworkNodes
from provision.steps.ec2.interface_endpoint import InterfaceEndpoint
from provision.steps.ec2.security_group import Rule, SecurityGroup
from provision.unknown import sort_known


def add_secrets(stack: Stack, inputs: StackInputs, network: NetworkNodes) -> NetworkNodes:
    """Return the network with an endpoint for each service that keeps a function's secret."""
    secrets = [one for each in inputs.config.private_functions.values() for one in each.secrets]
    if not secrets:
        return network
    name, vpc, functions = inputs.name("secrets"), network.vpc, network.group
    group = stack.add(
        "network.secrets.group",
        lambda get: SecurityGroup(
            vpc_id=get(vpc).id,
            name=name,
            description="The endpoints of what keeps secrets: in from the functions only",
            ingress=(
                Rule(protocol="tcp", from_port=HTTPS, to_port=HTTPS, target=get(functions).id),
            ),
            tags=inputs.tags_with_name(name),
        ),
        needs=[vpc, functions],
    )
    ways = tuple(
        _add_endpoint(stack, inputs, network, group, [s for s in secrets if s.store == store])
        for store in sorted({secret.store for secret in secrets})
    )
    return replace(network, secrets=ways)


def _add_endpoint(
    stack: Stack,
    inputs: StackInputs,
    network: NetworkNodes,
    group: Node[SecurityGroup],
    secrets: Sequence[config.Secret],
) -> Node[InterfaceEndpoint]:
    store = secrets[0].store
    return stack.add(
        f"network.secrets.{store}",
        lambda get: InterfaceEndpoint(
            vpc_id=get(network.vpc).id,
            service=f"com.amazonaws.{inputs.location.region}.{store}",
            subnet_ids=sort_known(get(subnet).id for subnet in network.subnets),
            group_ids=(get(group).id,),
            policy=grants.endpoint_secrets_policy(inputs.location, secrets),
            tags=inputs.tags_with_name(inputs.name(store)),
        ),
        needs=[network.vpc, group, *network.subnets],
    )

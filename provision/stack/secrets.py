"""Adds endpoints in the private subnets for the services that keep secrets, if there are any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from provision import config
from provision.config.schema.endpoints import STORES
from provision.model.stack import Stack
from provision.stack.endpoint_policies import store_policy
from provision.stack.endpoints import add_door, add_interface
from provision.stack.inputs import StackInputs
from provision.stack.network import NetworkNodes


def add_secrets(stack: Stack, inputs: StackInputs, network: NetworkNodes) -> NetworkNodes:
    """Return the network with an endpoint for each service that keeps a function's secret.

    They are also there if `network.endpoints` names the service: of the endpoints of a VPC to one
    service only one can have its name (V27).
    """
    secrets = [one for each in inputs.config.private_functions.values() for one in each.secrets]
    asked = [name for name in inputs.config.network.endpoints if name in STORES]
    stores = sorted({*(secret.store for secret in secrets), *asked})
    if not stores:
        return network
    group = add_door(
        stack,
        inputs,
        network,
        "secrets",
        "The endpoints of what keeps secrets: in from the functions only",
    )
    ways = tuple(
        add_interface(
            stack,
            inputs,
            (network, group),
            ("secrets", store),
            store_policy(inputs, store, _kept_in(secrets, store)),
        )
        for store in stores
    )
    return replace(network, endpoints=(*network.endpoints, *ways))


def _kept_in(secrets: Sequence[config.Secret], store: str) -> list[config.Secret]:
    return [secret for secret in secrets if secret.store == store]

"""The architecture: which nodes a stack has and how they depend on each other.

`build_stack` is the architecture on one page: it calls the function that adds the nodes of each
area, with what the area needs of the others. `StackInputs` is everything that nodes depend on
besides other nodes.
"""

from __future__ import annotations

import re
from typing import Any

from provision.model.stack import Node, Stack
from provision.stack.api import add_api
from provision.stack.encryption import add_encryption
from provision.stack.endpoints import add_endpoints
from provision.stack.flow_logs import add_flow_logs
from provision.stack.functions import add_functions
from provision.stack.inputs import StackInputs
from provision.stack.monitoring import add_monitoring
from provision.stack.network import add_network
from provision.stack.schedules import add_schedules
from provision.stack.secrets import add_secrets
from provision.stack.tables import add_tables

AREAS = {
    "encryption": "Encryption",
    "network": "Network",
    "table": "DynamoDB",
    "layer": "Lambda layers",
    "function": "Lambda",
    "schedules": "Schedules",
    "api": "API Gateway",
    "monitoring": "Monitoring",
}
"""The heading that a node is shown under, by the first word of its name, in reading order."""
OTHER_AREA = "Other"
"""The heading of nodes that no area has any more."""


def build_stack(inputs: StackInputs) -> Stack:
    """Return the configured stack with all its nodes."""
    stack = Stack(inputs.config.prefix, owner_prefix=inputs.identity.owner_prefix)
    encryption = add_encryption(stack, inputs)
    add_tables(stack, inputs, encryption)
    network = add_network(stack, inputs)
    network = add_secrets(stack, inputs, network)  # adds endpoints to it
    network = add_endpoints(stack, inputs, network)
    add_flow_logs(stack, inputs, network.vpc, encryption)
    functions = add_functions(stack, inputs, network, encryption)
    add_schedules(stack, inputs, functions, encryption)
    add_api(stack, inputs, functions, encryption)
    add_monitoring(stack, inputs, encryption)
    old = inputs.config.former_keys
    renamed = (node for node in stack.nodes.values() if node.key in old)
    stack.moved = {_former_name(node, old[node.key]): node.name for node in renamed}
    return stack


def area_of(node: str) -> str:
    """Return the heading under which a node is shown."""
    return AREAS.get(node.partition(".")[0], OTHER_AREA)


def _former_name(node: Node[Any], old: str) -> str:
    """Return its name with the former key, as in `table.old.read` or `…alarm.table-old-…`."""
    area, _, key = node.key.partition(".")
    return re.sub(rf"\b{area}([.-]){key}", rf"{area}\g<1>{old}", node.name, count=1)


__all__ = ["AREAS", "OTHER_AREA", "StackInputs", "area_of", "build_stack"]

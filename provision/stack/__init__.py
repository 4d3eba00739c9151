"""The architecture: which nodes a stack has and how they depend on each other.

`build_stack` is the architecture on one page: it calls the function that adds the nodes of each
area, with what the area needs of the others. `StackInputs` is everything that nodes depend on
besides other nodes.
"""

from __future__ import annotations

from dataclasses import replace

from provision.model.stack import Stack
from provision.stack.api import add_api
from provision.stack.encryption import add_encryption
from provision.stack.flow_logs import add_flow_logs
from provision.stack.functions import add_functions
from provision.stack.inputs import StackInputs
from provision.stack.monitoring import add_monitoring
from provision.stack.network import add_network
from provision.stack.secrets import add_secrets
from provision.stack.tables import add_tables

AREAS = {
    "encryption": "Encryption",
    "network": "Network",
    "table": "DynamoDB",
    "layer": "Lambda layers",
    "function": "Lambda",
    "api": "API Gateway",
    "monitoring": "Monitoring",
}
"""The heading that a node is shown under, by the first word of its name, in reading order."""


def build_stack(inputs: StackInputs) -> Stack:
    """Return the configured stack with all its nodes."""
    stack = Stack(inputs.config.prefix, mark=inputs.identity.mark)
    encryption = add_encryption(stack, inputs)
    add_tables(stack, inputs, encryption)
    network = add_secrets(stack, inputs, add_network(stack, inputs))
    add_flow_logs(stack, inputs, network.vpc, encryption)
    functions = add_functions(stack, inputs, network, encryption)
    add_api(stack, inputs, functions, encryption)
    add_monitoring(stack, inputs, encryption)
    if inputs.config.moved:
        stack.moved = _moved(inputs, stack)
    return stack


def _moved(inputs: StackInputs, stack: Stack) -> dict[str, str]:
    """Return the new name of each renamed node by its old one.

    The stack with the old keys has the same nodes in the same order.
    """
    before = build_stack(replace(inputs, config=inputs.config.with_old_keys()))
    return {old: new for old, new in zip(before.nodes, stack.nodes, strict=True) if old != new}


__all__ = ["AREAS", "StackInputs", "build_stack"]

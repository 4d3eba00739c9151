"""The whole architecture on a page: which areas there are, and what each needs of the others."""

from __future__ import annotations

from dataclasses import replace

from provision.model.stack import Stack
from provision.stack.api import add_api
from provision.stack.encryption import add_encryption
from provision.stack.flow_logs import add_flow_logs
from provision.stack.functions import add_functions
from provision.stack.inputs import StackInputs
from provision.stack.monitoring import add_monitoring
from provision.stack.network import add_interfaces, add_network
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
"""The first word of a node's name → the heading it is shown under, in reading order."""


def build_stack(inputs: StackInputs) -> Stack:
    """Every node of the configured stack."""
    stack = Stack(inputs.config.prefix, mark=inputs.identity.mark)
    encryption = add_encryption(stack, inputs)
    add_tables(stack, inputs, encryption)
    network = add_secrets(stack, inputs, add_network(stack, inputs))
    add_flow_logs(stack, inputs, network.vpc, encryption)
    functions = add_functions(stack, inputs, network, add_interfaces, encryption)
    add_api(stack, inputs, functions, encryption)
    add_monitoring(stack, inputs, encryption)
    if inputs.config.moved:
        stack.moved = _moved(inputs, stack)
    return stack


def _moved(inputs: StackInputs, stack: Stack) -> dict[str, str]:
    """What each node was called: the stack of before has the same nodes in the same order."""
    before = build_stack(replace(inputs, config=inputs.config.with_old_keys()))
    return {old: new for old, new in zip(before.nodes, stack.nodes, strict=True) if old != new}


__all__ = ["AREAS", "StackInputs", "build_stack"]

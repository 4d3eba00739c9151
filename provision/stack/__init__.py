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


def build_stack(site: StackInputs) -> Stack:
    """Every node of the configured stack."""
    stack = Stack(site.config.prefix, mark=site.identity.mark)
    encryption = add_encryption(stack, site)
    add_tables(stack, site, encryption)
    network = add_secrets(stack, site, add_network(stack, site))
    add_flow_logs(stack, site, network.vpc, encryption)
    functions = add_functions(stack, site, network, add_interfaces, encryption)
    add_api(stack, site, functions, encryption)
    add_monitoring(stack, site, encryption)
    if site.config.moved:
        stack.moved = _moved(site, stack)
    return stack


def _moved(site: StackInputs, stack: Stack) -> dict[str, str]:
    """What each node was called: the stack of before has the same nodes in the same order."""
    before = build_stack(replace(site, config=site.config.with_old_keys()))
    return {old: new for old, new in zip(before.nodes, stack.nodes, strict=True) if old != new}


__all__ = ["AREAS", "StackInputs", "build_stack"]

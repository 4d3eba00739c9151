"""The whole architecture on a page: which areas there are, and what each needs of the others."""

from __future__ import annotations

from provision.graph import Stack
from provision.stack.api import add_api
from provision.stack.flow_logs import add_flow_logs
from provision.stack.functions import add_functions
from provision.stack.monitoring import add_monitoring
from provision.stack.network import add_interfaces, add_network
from provision.stack.site import Site
from provision.stack.tables import add_tables

AREAS = {
    "network": "Network",
    "table": "DynamoDB",
    "layer": "Lambda layers",
    "function": "Lambda",
    "api": "API Gateway",
    "monitoring": "Monitoring",
}
"""The first word of a node's name → the heading it is shown under, in reading order."""


def build_stack(site: Site) -> Stack:
    """Every node of the configured stack."""
    stack = Stack(site.config.prefix)
    add_tables(stack, site)
    network = add_network(stack, site)
    add_flow_logs(stack, site, network.vpc)
    functions = add_functions(stack, site, network, add_interfaces)
    add_api(stack, site, functions)
    add_monitoring(stack, site)
    return stack


__all__ = ["AREAS", "Site", "build_stack"]

"""Builds the JSON document of `provision graph` (docs/json.md)."""

from __future__ import annotations

from provision.aws.access import CallCounts
from provision.config import Config
from provision.views.json_documents import call_counts
from provision.views.json_head import SCHEMA, as_text
from provision.workflows.stack_graph import StackGraph


def graph_document(
    config: Config, account: str | None, graph: StackGraph, calls: CallCounts, seconds: float
) -> str:
    """Return the document. `account` and each `state` are null if AWS was not asked."""
    nodes = [
        {
            "node": node.name,
            "kind": node.kind,
            "area": node.area,
            "needs": list(node.needs),
            "state": node.state,
        }
        for node in graph.nodes.values()
    ]
    return as_text(
        {
            "schema": SCHEMA,
            "stack": config.prefix,
            "environment": config.environment,
            "region": config.region,
            "account": account,
            "nodes": nodes,
            "calls": call_counts(calls),
            "seconds": round(seconds, 2),
            "error": None,
        }
    )

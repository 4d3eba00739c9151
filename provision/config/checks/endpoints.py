"""Checks that what functions in the private network may do is what an endpoint leads to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from provision.config.problems import Problem
from provision.config.schema.endpoints import GATEWAY, SERVICES
from provision.config.yaml.nodes import YamlNode

_ALWAYS: Final = "dynamodb"
_ENDPOINTS: Final = {service: name for name, service in SERVICES.items()}
"""The service of an action → the name of its endpoint."""


def check_endpoints(tree: YamlNode) -> Iterator[Problem]:
    """Warn of statements that no endpoint leads to, and of endpoints without any statement."""
    listed = tree.get("network", "endpoints")
    nodes = listed.elements if listed else []
    reached = {SERVICES.get(str(node.value), "") for node in nodes}
    used: set[str] = set()
    for name, function in tree.children("functions"):
        if function.node.string("network") == "open":
            continue
        actions = _actions(function.node)
        used |= actions.keys() | _stores(function.node)
        for service, node in actions.items():
            if service not in reached | {_ALWAYS}:
                yield _unreached(name, service, node)
    for node in nodes:
        if node.value in SERVICES and SERVICES[str(node.value)] not in used:
            costs = "" if node.value == GATEWAY else ", and AWS charges for it by the hour"
            yield _warning(
                node,
                f"no function in the private network has a `policy` with actions of"
                f" {SERVICES[str(node.value)]}: nothing passes the endpoint{costs}",
                "give a function such a statement, or remove it",
            )


def _actions(function: YamlNode) -> dict[str, YamlNode]:
    """Return the services of a function's statements, each with its first action."""
    found: dict[str, YamlNode] = {}
    policy = function.get("policy")
    for statement in policy.elements if policy else ():
        actions = statement.get("actions")
        for node in actions.elements if actions else ():
            service, colon, _ = str(node.value).partition(":")
            if colon:
                found.setdefault(service.lower(), node)
    return found


def _stores(function: YamlNode) -> set[str]:
    """Return the services that keep the secrets of a function."""
    secrets = (entry.node.string("secret") for _, entry in function.children("environment"))
    return {secret.partition(":")[0] for secret in secrets if secret}


def _unreached(function: str, service: str, node: YamlNode) -> Problem:
    outside = f"`network: open` below functions.{function}"
    endpoint = _ENDPOINTS.get(service)
    if endpoint is None:
        hint = f"there is none that can be added: if its code calls {service}, write {outside}"
    else:
        hint = f"add it, `network: {{endpoints: [{endpoint}]}}`, or write {outside}"
    return _warning(
        node, f"{function} is in the private network, where no endpoint leads to {service}", hint
    )


def _warning(node: YamlNode, message: str, hint: str) -> Problem:
    return replace(node.problem(message, hint), warning=True)

"""Finds the line and key of config.yaml that a request comes from, by its node or its value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from provision.config.checks.moves import SECTIONS
from provision.config.yaml.nodes import YamlEntry, YamlNode
from provision.preflight.model_constraints import Path
from provision.preflight.rehearsal import Request

LONGEST_PREFIX: Final = 62
"""The longest prefix: with a longer one, even a key of one letter gives no valid function name."""

_KEYS: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("acm.RequestCertificate", "DomainName"): ("name",),
    ("apigateway.CreateModel", "schema"): (),
    ("apigateway.CreateStage", "stageName"): ("stage",),
    ("iam.CreateRole", "PermissionsBoundary"): ("boundary",),
    ("lambda.CreateFunction", "Environment"): ("environment",),
    ("lambda.CreateFunction", "Handler"): ("handler",),
    ("lambda.CreateFunction", "Layers"): ("layers",),
    ("lambda.CreateFunction", "Runtime"): ("runtime",),
    ("route53.ChangeResourceRecordSets", "ChangeBatch"): ("name",),
    ("sns.Subscribe", "Endpoint"): ("email",),
}
"""Operation and member → the key below that of the node."""

_PLACES: Final[Mapping[str, tuple[str, ...]]] = {
    "api.certificate": ("api", "domain"),
    "api.domain": ("api", "domain"),
    "api.plan": ("api", "quota"),
    "api.waf": ("api", "waf"),
    "api.key": ("api", "keys"),
    "encryption": ("encryption",),
    "network.flow_logs": ("network", "flow_logs"),
    "schedules": ("name",),
}
"""The beginning of a node's name → its keys in config.yaml, if they are not the same."""


@dataclass(frozen=True)
class Lead:
    """A lookup of the entries in the file that requests and the names of resources come from."""

    tree: YamlNode

    def of(self, request: Request, path: Path = ()) -> YamlEntry:
        """Return the entry that leads to this value of the request, or the nearest one above."""
        keys = _keys_of_node(self.tree, request.node)
        if request.name == "apigateway.CreateModel":
            keys = ("api", "models", request.parameters["name"])
        elif request.name == "apigateway.CreateResource":
            keys = ("api", "routes")
        elif path:
            keys += _KEYS.get((request.name, str(path[0])), ())
            if keys[-1:] == ("environment",):
                keys += tuple(str(key) for key in path[2:3])
        return _nearest(self.tree, keys)

    def of_name(self, node: str) -> YamlEntry:
        """Return the entry that leads to the name of the node's resource.

        If the prefix alone is too long, that is the longer of the stack's name and environment.
        """
        name, environment = self.tree.string("name") or "", self.tree.string("environment") or ""
        if len(f"{name}-{environment}") > LONGEST_PREFIX:
            longer = "name" if len(name) >= len(environment) else "environment"
            return self.tree.entries[longer]
        return _nearest(self.tree, _keys_of_node(self.tree, node))


def _keys_of_node(tree: YamlNode, node: str) -> tuple[str, ...]:
    area, _, rest = node.partition(".")
    if section := SECTIONS.get(area):
        return (section, *rest.split("."))
    for prefix, keys in _PLACES.items():
        if f"{node}.".startswith(f"{prefix}."):
            return keys
    if node.startswith("monitoring.alarm."):
        return _watched(tree, node.removeprefix("monitoring.alarm."))
    return tuple(node.split("."))


def _watched(tree: YamlNode, alarm: str) -> tuple[str, ...]:
    """Return the keys of the resource that an alarm watches, such as `function-items-errors`.

    The longest key that fits is the right one.
    """
    fitting = [
        (section, key)
        for area, section in SECTIONS.items()
        for key, _ in tree.children(section)
        if alarm.startswith(f"{area}-{key}-")
    ]
    return max(fitting, key=lambda each: len(each[1]), default=("monitoring", "alarms"))


def _nearest(tree: YamlNode, keys: tuple[str, ...]) -> YamlEntry:
    """Return the entry at `keys` or the last one on the path; the stack's name if there is none."""
    entry = tree.entries["name"]
    node = tree
    for key in keys:
        if key not in node.entries:
            break
        entry = node.entries[key]
        node = entry.node
    return entry

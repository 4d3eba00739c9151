"""Checks the ARNs of what config.yaml names and others own, as far as the file alone shows them.

`provision/stack/given.py` asks AWS for the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from provision.config.checks.regions import partitions
from provision.config.problems import Problem
from provision.config.validation import to_complete
from provision.config.yaml.nodes import YamlNode

_PARTS: Final = 6
"""The fewest parts of an ARN, which colons separate."""


def check_topic(tree: YamlNode) -> Iterator[Problem]:
    """Check that alarms can reach `monitoring.topic`, and that it is their only recipient."""
    topic, email = tree.get("monitoring", "topic"), tree.get("monitoring", "email")
    if topic is None or not isinstance(topic.value, str):
        return
    yield from _misplaced(tree, topic, "topic")
    account = tree.string("account")
    parts = topic.value.split(":")
    if account and len(parts) >= _PARTS and parts[4] != account:
        yield topic.problem(
            f"the topic belongs to account {parts[4]}, the stack to {account}",
            "name one of the same account",
        )
    if email is not None and email.value is not None:
        yield email.problem(
            "with a topic of your own, the stack has no subscription",
            "write `email: null`, and subscribe the address to the topic; or leave `topic` out",
        )


def check_layers(tree: YamlNode) -> Iterator[Problem]:
    """Check that each layer has a folder or an ARN, and that functions can use the ARN."""
    for name, layer in tree.children("layers"):
        source, arn = layer.node.get("source"), layer.node.get("arn")
        built, given = (each is not None and each.value is not None for each in (source, arn))
        if not isinstance(layer.node.value, dict):
            continue  # validation reports it
        if not built and not given:
            yield layer.problem(
                "missing: expected a source to build it from, or the ARN of a published layer",
                to_complete(tree, ["layers", name], 'add "source: FOLDER", or "arn: ARN"'),
            )
        if arn is not None and built and given:
            yield arn.problem("a layer has a source or an ARN", "remove one of the two")
        elif arn is not None and isinstance(arn.value, str):
            yield from _misplaced(tree, arn, "layer")


def _misplaced(tree: YamlNode, node: YamlNode, what: str) -> Iterator[Problem]:
    """Yield a problem if the ARN is of another region, or of another partition than its region."""
    region, parts = tree.string("region"), str(node.value).split(":")
    if not region or len(parts) < _PARTS:
        return  # validation reports it
    partition = partitions().get(region)
    if parts[3] != region:  # neither alarms nor functions reach another region
        yield node.problem(
            f"the {what} is in {parts[3]} and the stack in {region}", f"name one of {region}"
        )
    elif partition and parts[1] != partition:
        yield node.problem(
            f"{region} is in the partition {partition}, not in {parts[1]}",
            f'begin the ARN with "arn:{partition}:"',
        )

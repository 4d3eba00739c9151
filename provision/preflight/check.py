"""Finds requests of a stack that AWS would refuse, and nodes that would share a name.

Each problem has the line and key that lead to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from provision.config import Config
from provision.config.problems import Problem
from provision.config.yaml.nodes import YamlEntry, YamlNode
from provision.model.matching import has_known_identity
from provision.model.step import Step
from provision.preflight.config_positions import Lead
from provision.preflight.limits import LIMITS, NAMES, Limit, Measured
from provision.preflight.model_constraints import ConstraintViolation, faults
from provision.preflight.rehearsal import Request
from provision.preflight.requests import rehearse

Variant = tuple[Config, YamlNode]
"""A configuration, and the merged file that it comes from."""

NAMING: Final = {
    "AlarmName": "alarm",
    "AliasName": "key's alias",
    "FunctionName": "function",
    "LayerName": "layer",
    "PolicyName": "policy",
    "RoleName": "role",
    "logGroupName": "log group",
}
"""Members that are names, made of the stack's name and a key → the resource that they name."""

_ANY_CASE: Final = frozenset({"iam.role"})
"""Kinds whose names AWS compares without regard to case."""


def check_requests(variants: Sequence[Variant]) -> list[list[Problem]]:
    """Return the problems of each configuration, for every environment that the file has."""
    return [_first_of_each_place(_problems(config, tree)) for config, tree in variants]


def check_first_requests(variants: Sequence[Variant]) -> list[list[Problem]]:
    """Return the problems of the first configuration: the one that a command is about to apply."""
    return check_requests(variants[:1])


def _first_of_each_place(problems: Iterator[Problem]) -> list[Problem]:
    """Keep one problem for each position.

    A name that is too long is too long for a role, a function, a queue and their alarms.
    """
    first: dict[tuple[object, ...], Problem] = {}
    for problem in problems:
        first.setdefault(problem.place, problem)
    return list(first.values())


def _problems(config: Config, tree: YamlNode) -> Iterator[Problem]:
    foreseen, lead = rehearse(config), Lead(tree)
    for request in foreseen.requests:
        shape = request.operation.input_shape
        for fault in faults(shape, request.parameters) if shape else ():
            yield _of_fault(lead, request, fault)
    for limit in LIMITS:
        for measured in limit.measure(foreseen.requests):
            if measured.size > limit.most:
                yield _of_limit(lead, limit, measured)
    yield from _twice(lead, foreseen.steps)


def _of_fault(lead: Lead, request: Request, fault: ConstraintViolation) -> Problem:
    name = NAMING.get(str(fault.path[-1]))
    if name and fault.size:
        return _too_long(lead.of_name(request.node), name, str(fault.value), fault.most)
    entry = lead.of(request, fault.path)
    where = ".".join(str(part) for part in fault.path)
    if fault.size:
        over = fault.size - fault.most
        return entry.node.problem(
            f"{where} of {request.name} has {fault.size:,} {fault.unit}, {over:,} more than AWS's"
            f" {fault.most:,}",
            "shorten it",
        )
    return entry.node.problem(f"{where} of {request.name} {fault.said}", "change it")


def _of_limit(lead: Lead, limit: Limit, measured: Measured) -> Problem:
    over = measured.size - limit.most
    if limit in NAMES:
        name = limit.what.removeprefix("the ").removesuffix("'s name")
        return _too_long(lead.of_name(measured.request.node), name, measured.value, limit.most)
    entry = lead.of(measured.request, limit.member)
    said = f"{limit.what}: {measured.size:,} {limit.unit}, {over:,} more than AWS's {limit.most:,}"
    if not limit.quota:
        return entry.node.problem(said, limit.instead)
    raised = f'raise the quota "{limit.quota}" in Service Quotas first, or {limit.instead}'
    return replace(entry.node.problem(said, raised), warning=True)


def _too_long(entry: YamlEntry, what: str, name: str, most: int) -> Problem:
    return entry.problem(
        f'the {what} would be called "{name}": {len(name)} characters, {len(name) - most} more than'
        f" AWS's {most}",
        "shorten name, environment or the key",
    )


def _twice(lead: Lead, steps: dict[str, Step]) -> Iterator[Problem]:
    """Yield a problem for each node with the identity of an earlier one.

    AWS takes one of each, and the second node would observe the first's resource as its own,
    and report drift.
    """
    taken: dict[tuple[str, str], str] = {}
    for node, step in steps.items():
        if not step.has_unique_identity or not has_known_identity(step):
            continue
        name = repr([vars(step)[field] for field in step.IDENTITY])
        place = (step.KIND, name.lower() if step.KIND in _ANY_CASE else name)
        first = taken.setdefault(place, node)
        if first != node:
            yield _collision(lead, first, node, step)


def _collision(lead: Lead, first: str, second: str, step: Step) -> Problem:
    entries = [lead.of_name(node) for node in (second, first)]
    entry = next((each for each in entries if each != lead.tree.entries["name"]), entries[0])
    return entry.problem(
        f"{step.label} would be both {first} and {second}", "choose another key for one of them"
    )

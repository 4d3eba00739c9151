"""Gives a stack's resources to another owner, and runs stacks without raising."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from provision.engine.engine import Engine
from provision.model.stack import Stack
from provision.model.step import Step, Tagged
from provision.plan.options import PlanOptions
from provision.plan.plan import Result
from provision.state.journal import Journal
from provision.steps import KINDS
from provision.steps.cloudwatch.dashboard import Dashboard
from tests.support.harness import ALLOW_ALL, HOLDER, REGION, Recorder, new_aws

THEIRS = "other-dev"
ROUTES = ("POST /items", "GET /items/{id}", "PUT /items/{id}", "DELETE /items/{id}")
SMALL: dict[str, Any] = {"api": {"routes": dict.fromkeys(ROUTES), "models": None}}
"""One of every kind, with fewer routes than the shipped stack."""


def act(
    directory: Path,
    stack: Stack,
    verb: str,
    recorder: Recorder | None = None,
    region: str = REGION,
) -> Result:
    """Return the result of `up` or `down` as its own process, failures included."""
    aws = new_aws(recorder, region)
    journal = Journal(directory, stack.name, KINDS).open(HOLDER)
    try:
        engine = Engine(stack, aws, journal, ALLOW_ALL if verb == "down" else PlanOptions())
        seen = engine.plan(workers=4)
        if verb == "up":
            return engine.apply(seen, workers=4)
        return engine.remove(engine.plan_removal(seen), workers=4)
    finally:
        journal.close()


def retag(node: str, step: Step) -> Step:
    """Give the resource to another owner, and return the step as AWS then shows it."""
    aws = new_aws()
    have = step.observe(aws)
    assert have is not None
    theirs = have.with_owner(f"{THEIRS}/{node}")
    match have:
        case Tagged():
            theirs.update(aws, have, {"tags"})
        case Dashboard():
            theirs.update(aws, have, {"body", "tags"})
        case _:
            raise AssertionError(f"{have.KIND} carries no tag")
    shown = step.observe(aws)
    assert shown is not None
    assert shown != have
    return shown


def dependents(stack: Stack, node: str) -> set[str]:
    """Return all nodes that need it, directly or not."""
    found: set[str] = set()
    for name, needs in stack.graph.items():  # a node comes after all it needs
        if node in needs or found & set(needs):
            found.add(name)
    return found


def ancestors(stack: Stack, node: str) -> set[str]:
    """Return all it needs, directly or not."""
    return {name for name in stack.nodes if node in dependents(stack, name)}


def parts(stack: Stack, node: str, steps: dict[str, Step]) -> set[str]:
    """Return the nodes without an owner tag whose owner is this node's."""
    found = {node}
    for name, needs in stack.graph.items():
        if needs and needs[0] in found and not steps[name].OWNER_MARK.names_owner:
            found.add(name)
    return found - {node}

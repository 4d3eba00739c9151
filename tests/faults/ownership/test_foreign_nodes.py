"""One resource of ours is now foreign: its node is blocked, the others continue, it stays."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from provision.errors import NotOwned
from provision.model.step import Step, Tagged
from provision.plan.change import Action
from provision.plan.planner import retention_reason
from provision.steps.apigateway.usage_plan import UsagePlan
from provision.steps.cloudwatch.dashboard import Dashboard
from tests.faults.ownership.foreign_stack import SMALL, act, ancestors, dependents, parts, retag
from tests.support.harness import new_aws
from tests.support.sample_stack import reference_stack

DOMAIN = {"domain": {"name": "api.example.com", "zone": "example.com"}}
CHANGES = SMALL | {"api": SMALL["api"] | DOMAIN | {"waf": {}}}

NODES = {  # one of every kind whose owner tag AWS lets others change
    "monitoring.alarm.function-items-dead-letters",
    "api.key.default",
    "api.certificate",
    "monitoring.dashboard",
    "api.domain",
    "function.items",
    "network.endpoint",
    "function.items.logs",
    "function.items.dead_letters",
    "api",
    "function.items.role",
    "network.routes",
    "table.items.read",
    "network.group",
    "api.stage",
    "api.waf",
    "network.subnet.1",
    "table.items",
    "monitoring.topic",
    "api.plan",
    "network.vpc",
}
SWEEP = "OWNERSHIP_SWEEP" in os.environ
"""`make ownership-sweep` tries every kind; the suite the one with most parts."""
WITH_PARTS = ["function.items", "api", "function.items.role", "monitoring.topic"]
CHOSEN = sorted(NODES) if SWEEP else ["function.items"]


def seen_of(steps: dict[str, Step], nodes: set[str]) -> dict[str, Step | None]:
    aws = new_aws()
    found = {node: steps[node].observe(aws) for node in sorted(nodes)}
    return {node: _without_keys(step) for node, step in found.items()}


def _without_keys(step: Step | None) -> Step | None:
    """Return a usage plan without keys: a deleted key of ours may leave any plan."""
    return replace(step, keys=()) if isinstance(step, UsagePlan) else step


@pytest.fixture
def zone(account: None) -> None:
    new_aws().route53.create_hosted_zone(Name="example.com", CallerReference="test")


@pytest.mark.parametrize("node", CHOSEN)
def test_retagged_behind_our_back(zone: None, tmp_path: Path, node: str) -> None:
    stack = reference_stack(new_aws(), tmp_path, CHANGES)
    state = tmp_path / "state"
    steps = act(state, stack, "up").resources
    retag(node, steps[node])
    waiting, left = dependents(stack, node), parts(stack, node, steps)
    before = seen_of(steps, {node} | waiting)

    changed = reference_stack(
        new_aws(), tmp_path / "changed", CHANGES | {"tags": {"Environment": "staging"}}
    )
    outcome = act(state, changed, "up")
    assert set(outcome.failed) == {node}
    assert isinstance(outcome.failed[node], NotOwned)
    assert steps[node].label in outcome.failed[node].message
    assert f"--adopt {node}" in outcome.failed[node].hint
    assert outcome.changes[node].action is Action.FOREIGN
    assert set(outcome.unfinished) == waiting
    assert seen_of(steps, {node} | waiting) == before
    for name, step in outcome.resources.items():
        if isinstance(step, Tagged):
            shown = step.observe(new_aws())
            assert shown is not None
            assert shown.tags["Environment"] == "staging", name

    removed = act(state, changed, "down")
    assert removed.changes[node].action is Action.FOREIGN
    stays = {node} | left
    used = set[str]().union(*(ancestors(stack, name) for name in stays))
    assert set(removed.failed) <= used  # resources that AWS refuses to delete in the meantime
    assert seen_of(steps, stays) == {name: before[name] for name in sorted(stays)}
    lasting = {name for name, step in steps.items() if retention_reason(step)}
    gone = {name: step for name, step in steps.items() if name not in stays | lasting}
    kept = {name for name, step in seen_of(gone, set(gone)).items() if step is not None}
    assert kept - {"api.account", "network.interfaces"} <= used


def test_the_nodes_tried_are_one_of_every_kind_with_a_mark(zone: None, tmp_path: Path) -> None:
    stack = reference_stack(new_aws(), tmp_path, CHANGES)
    steps = act(tmp_path / "state", stack, "up").resources
    marked = {step.KIND for step in steps.values() if isinstance(step, Tagged | Dashboard)}
    assert {steps[node].KIND for node in NODES} == marked
    assert {node for node in WITH_PARTS if parts(stack, node, steps)} | {
        "monitoring.topic"  # its parts are subscriptions, and this stack has none
    } == set(WITH_PARTS)

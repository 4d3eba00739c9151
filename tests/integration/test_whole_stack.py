"""The shipped stack on moto: up, unchanged, changed, without state, down; every row there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from provision.model.step import Tagged
from provision.plan.change import Action
from provision.plan.options import PlanOptions
from provision.stack.api import ACCOUNT_ROLE
from provision.unknown import is_known
from tests.support.account_inventory import Inventory, inventory, scaling, without_proofs
from tests.support.harness import Workshop, new_aws
from tests.support.sample_stack import MARK, TinySources, reference_stack

ZONE = "example.com"
DOMAIN = {"name": "api.example.com", "zone": ZONE}
WAF = {"rate": 2000}
API = {"api": {"domain": DOMAIN, "waf": WAF}}
FLOW_LOGS = {"network": {"flow_logs": {"traffic": "REJECT"}}}
OWN_KEY = {"encryption": {"key": "create"}}
EMAIL = {"monitoring": {"email": "ops@example.com"}}


@pytest.fixture
def before(account: None) -> Inventory:
    """Return the account's first content: a default network, and a foreign zone."""
    aws = new_aws()
    aws.route53.create_hosted_zone(Name=ZONE, CallerReference="test")
    return whole(inventory(new_aws()), scaling(new_aws()))


def whole(*parts: Inventory) -> Inventory:
    return {kind: names for part in parts for kind, names in part.items()}


def now() -> Inventory:
    return whole(inventory(new_aws()), scaling(new_aws()))


def without_account_role(found: Inventory) -> Inventory:
    kept = {
        kind: frozenset(name for name in names if not name.startswith(ACCOUNT_ROLE))
        for kind, names in found.items()
    }
    return {kind: names for kind, names in kept.items() if names}


@pytest.mark.parametrize(
    "changes",
    [{}, API | EMAIL | FLOW_LOGS | OWN_KEY],
    ids=["shipped", "domain, web ACL, e-mail, flow logs, own key"],
)
def test_its_whole_life(
    workshop: Workshop, tmp_path: Path, before: Inventory, changes: dict[str, Any]
) -> None:
    stack = reference_stack(new_aws(), tmp_path, changes)
    plan = workshop.run(stack, "plan", workers=8)
    by_action = {f.node: f.action for f in plan.changes.values()}
    assert by_action.pop("network.interfaces") is Action.KEEP  # created by Lambda
    assert set(by_action.values()) == {Action.CREATE}
    assert workshop.last.writes == []

    made = workshop.run(stack, "up", workers=8)
    assert set(made.resources) == set(stack.nodes)
    assert all(is_known(step) for step in made.resources.values())
    full = now()

    again = workshop.run(stack, "up", workers=8)
    assert {f.node: f.diffs for f in again.changes.values() if f.action is not Action.KEEP} == {}
    assert workshop.last.writes == []

    workshop.forget()
    lost = workshop.run(stack, "up", workers=8)
    assert {finding.action for finding in lost.changes.values()} == {Action.KEEP}
    assert workshop.last.writes == []
    assert now() == full

    workshop.run(stack, "down", plan_options=PlanOptions(), workers=8)
    left = without_account_role(now())
    proofs = left["record"] - without_proofs(left)["record"]
    assert len(proofs) == ("api" in changes), "what proves the domain to ACM stays"
    left = without_proofs(left)
    kept = {k: v - before.get(k, frozenset()) for k, v in left.items() if v != before.get(k)}
    assert kept.pop("table") == {"tap-dev-items"}
    assert kept.pop("key alias", set()) == ({"alias/tap-dev"} if "encryption" in changes else set())
    assert len(kept.pop("key", ())) == ("encryption" in changes)
    assert kept == {}

    workshop.run(stack, "up", workers=8)
    workshop.run(stack, "down", workers=8)
    assert without_proofs(without_account_role(now())) == before
    assert any(name.startswith(ACCOUNT_ROLE) for name in now()["role"])


def test_down_without_state_leaves_nothing(
    workshop: Workshop, tmp_path: Path, before: Inventory
) -> None:
    stack = reference_stack(new_aws(), tmp_path)
    workshop.run(stack, "up", workers=8)
    workshop.forget()
    workshop.run(stack, "down", workers=8)
    assert without_account_role(now()) == before


def test_everything_taggable_carries_the_tag_and_its_owner(
    workshop: Workshop, tmp_path: Path, before: Inventory
) -> None:
    stack = reference_stack(new_aws(), tmp_path, API)
    steps = workshop.run(stack, "up", workers=8).resources
    tagged = {node: step for node, step in steps.items() if isinstance(step, Tagged)}
    assert len(tagged) > 25
    for node, step in tagged.items():
        seen = step.observe(new_aws())
        assert seen is not None
        assert seen.tags["Environment"] == "production", node
        assert seen.tags["provision:owner"] == f"{MARK}/{node}"


def test_every_name_carries_the_stack(
    workshop: Workshop, tmp_path: Path, before: Inventory
) -> None:
    workshop.run(reference_stack(new_aws(), tmp_path, API), "up", workers=8)
    made = without_account_role(now())
    chosen = ("function", "layer", "table", "role", "alarm", "dashboard", "log group", "topic")
    for kind in (*chosen, "queue"):
        names = made[kind] - before.get(kind, frozenset())
        assert names
        own = [name for name in names if not name.startswith("API-Gateway-Execution-Logs_")]
        assert all("tap-dev" in name for name in own), kind


def test_changed_code_is_published_and_the_alias_moves(
    workshop: Workshop, tmp_path: Path, before: Inventory
) -> None:
    sources = TinySources(tmp_path / "zips")
    workshop.run(reference_stack(new_aws(), tmp_path, sources=sources), "up")
    sources.code = "def handler(event, context): return {'changed': True}\n"
    outcome = workshop.run(reference_stack(new_aws(), tmp_path, sources=sources), "up")
    changed = {node for node, f in outcome.changes.items() if f.action is not Action.KEEP}
    assert changed == {"function.items", "function.items.version", "function.items.alias"}
    code, version, check, moved = workshop.last.writes
    assert (code, version) == ("UpdateFunctionCode", "PublishVersion")
    assert (check, moved) == ("Invoke", "UpdateAlias")
    alias = new_aws().lambda_.get_alias(FunctionName="tap-dev-items", Name="live")
    assert alias["FunctionVersion"] == "2"


def test_a_changed_layer_reaches_the_live_version(
    workshop: Workshop, tmp_path: Path, before: Inventory
) -> None:
    sources = TinySources(tmp_path / "zips")
    workshop.run(reference_stack(new_aws(), tmp_path, sources=sources), "up")
    sources.layer_text = "x = 2\n"
    stack = reference_stack(new_aws(), tmp_path, sources=sources)
    plan = workshop.run(stack, "plan").changes
    assert plan["layer.dependencies"].action is Action.REPLACE
    assert [diff.field for diff in plan["function.items"].diffs] == ["layers"]
    workshop.run(stack, "up")
    live = new_aws().lambda_.get_function(FunctionName="tap-dev-items", Qualifier="live")
    assert live["Configuration"]["Layers"][0]["Arn"].endswith(":tap-dev-dependencies:2")
    workshop.run(stack, "up")
    assert workshop.last.writes == []


def test_a_changed_route_is_deployed_and_an_unchanged_api_is_not(
    workshop: Workshop, tmp_path: Path, before: Inventory
) -> None:
    workshop.run(reference_stack(new_aws(), tmp_path), "up")
    more = {"api": {"routes": {"GET /more": "items"}}}
    stack = reference_stack(new_aws(), tmp_path, more)
    changed = {
        node
        for node, finding in workshop.run(stack, "up").changes.items()
        if finding.action is not Action.KEEP
    }
    assert changed == {"api", "api.deployment", "api.stage"}
    workshop.run(stack, "up")
    assert workshop.last.writes == []


def test_what_the_configuration_drops_is_removed_after_the_rest(
    workshop: Workshop, tmp_path: Path, before: Inventory
) -> None:
    second = {
        "tables": {"orders": {"key": "id", "protect": False}},
        "functions": {"items": {"tables": {"items": "write", "orders": "read"}}},
    }
    workshop.run(reference_stack(new_aws(), tmp_path, second), "up")
    assert "tap-dev-orders" in now()["table"]
    workshop.run(reference_stack(new_aws(), tmp_path), "up", plan_options=PlanOptions())
    assert "tap-dev-orders" in now()["table"], "data goes only when named"
    workshop.run(reference_stack(new_aws(), tmp_path), "up")
    assert now()["table"] == {"tap-dev-items"}
    workshop.run(reference_stack(new_aws(), tmp_path), "up")
    assert workshop.last.writes == []


def test_two_stacks_of_similar_names_leave_each_other_alone(
    workshop: Workshop, tmp_path: Path, before: Inventory
) -> None:
    other = Workshop(tmp_path / "other-state")
    ours = reference_stack(new_aws(), tmp_path / "a")
    theirs = reference_stack(new_aws(), tmp_path / "b", {"environment": "dev-2"})
    other.run(theirs, "up", workers=8)
    with_theirs = now()
    workshop.run(ours, "up", workers=8)
    workshop.run(ours, "down", workers=8)
    assert now() == with_theirs
    other.run(theirs, "up", workers=8)
    assert other.last.writes == []

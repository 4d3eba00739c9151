"""The usage plan: the contract, one call for all changes, the order of deletion."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provision.model.step import OWNER, Step
from provision.steps.apigateway.usage_plan import Quota, UsagePlan
from tests.support.harness import Workshop, new_aws, one_node
from tests.unit.steps.contract import StepContract

CANARY = "canary-value-that-nobody-may-keep"


def make_stages(aws: Any) -> tuple[str, ...]:
    """Create two stages of a new API, and return their names as plans use them."""
    api_id = aws.create_rest_api(name="tap-dev")["id"]
    root = aws.get_resources(restApiId=api_id)["items"][0]["id"]
    method = {"restApiId": api_id, "resourceId": root, "httpMethod": "GET"}
    aws.put_method(**method, authorizationType="NONE")
    aws.put_integration(**method, type="MOCK")
    deployment_id = aws.create_deployment(restApiId=api_id)["id"]
    for name in ("v1", "v2"):
        aws.create_stage(restApiId=api_id, stageName=name, deploymentId=deployment_id)
    return tuple(f"{api_id}:{name}" for name in ("v1", "v2"))


def make_plan(aws: Any) -> UsagePlan:
    client = aws.apigateway
    first, _ = make_stages(client)
    key_id = client.create_api_key(name="tap-dev-default", enabled=True, value=CANARY)["id"]
    return UsagePlan(
        name="tap-dev",
        rate=1000.0,
        burst=2000,
        quota=Quota(limit=100000, period="MONTH"),
        stages=(first,),
        keys=(key_id,),
        tags={"team": "a"},
    )


class TestUsagePlan(StepContract):
    edits = {
        "name": "tap-dev-other",
        "rate": 12.5,
        "burst": 20,
        "quota": Quota(limit=10, period="DAY"),
        "stages": (),
        "keys": (),
        "tags": {"team": "b", "more": "c"},
    }

    def given(self, aws: Any) -> Step:
        return make_plan(aws)


@pytest.fixture
def plan(account: None) -> UsagePlan:
    return make_plan(new_aws())


def test_all_changes_are_one_call(plan: UsagePlan, workshop: Workshop) -> None:
    """UpdateUsagePlan is allowed once in 20 s (A25)."""
    workshop.run(one_node(plan), "up")
    other = plan.stages[0].replace("v1", "v2")
    changed = replace(plan, rate=5.0, burst=6, quota=None, stages=(other,))
    workshop.run(one_node(changed), "up")
    assert workshop.last.writes == ["UpdateUsagePlan"]
    workshop.run(one_node(changed), "up")
    assert workshop.last.writes == []


def test_a_change_of_keys_needs_no_update_of_the_plan(plan: UsagePlan, workshop: Workshop) -> None:
    workshop.run(one_node(plan), "up")
    other = new_aws().apigateway.create_api_key(name="other", enabled=True)["id"]
    workshop.run(one_node(replace(plan, keys=(other,))), "up")
    assert workshop.last.writes == ["DeleteUsagePlanKey", "CreateUsagePlanKey"]


def test_keys_put_in_or_out_by_hand_are_drift(plan: UsagePlan, workshop: Workshop) -> None:
    made = workshop.run(one_node(plan), "up").resources["it"]
    assert isinstance(made, UsagePlan)
    aws = new_aws().apigateway
    other = aws.create_api_key(name="other", enabled=True)["id"]
    aws.create_usage_plan_key(usagePlanId=made.id, keyId=other, keyType="API_KEY")
    aws.delete_usage_plan_key(usagePlanId=made.id, keyId=plan.keys[0])
    finding = workshop.run(one_node(plan), "up").changes["it"]
    assert [(diff.field, diff.have) for diff in finding.diffs] == [("keys", (other,))]
    left = aws.get_usage_plan_keys(usagePlanId=made.id)["items"]
    assert [key["id"] for key in left] == [plan.keys[0]]


def test_a_new_one_may_be_invisible_for_a_while(plan: UsagePlan) -> None:
    """NotFound for a new plan is retried (X10)."""
    aws = new_aws()
    assert plan.create(aws).id in aws.new_ids


def test_its_stages_go_first_and_in_one_call(plan: UsagePlan, workshop: Workshop) -> None:
    """AWS refuses to delete a plan that has a stage (A26)."""
    both = replace(plan, stages=(*plan.stages, plan.stages[0].replace("v1", "v2")))
    workshop.run(one_node(both), "up")
    workshop.run(one_node(both), "down")
    assert workshop.last.writes == ["UpdateUsagePlan", "DeleteUsagePlan"]


def test_plans_of_the_same_name_are_told_apart_by_tag(plan: UsagePlan, workshop: Workshop) -> None:
    aws = new_aws().apigateway
    aws.create_usage_plan(name=plan.name)
    aws.create_usage_plan(name=plan.name, tags={OWNER: "other-dev/it"})
    made = workshop.run(one_node(plan), "up").resources["it"]
    workshop.forget()
    assert workshop.run(one_node(plan), "up").resources["it"] == made
    assert workshop.last.writes == []
    workshop.run(one_node(plan), "down")
    assert len(aws.get_usage_plans()["items"]) == 2


def test_an_unlimited_plan_is_drift(plan: UsagePlan, workshop: Workshop) -> None:
    made = workshop.run(one_node(plan), "up").resources["it"]
    assert isinstance(made, UsagePlan)
    new_aws().apigateway.update_usage_plan(
        usagePlanId=made.id, patchOperations=[{"op": "remove", "path": "/throttle"}]
    )
    finding = workshop.run(one_node(plan), "up").changes["it"]
    assert [diff.field for diff in finding.diffs] == ["rate", "burst"]
    assert workshop.run(one_node(plan), "up").changes["it"].diffs == ()


def test_the_values_of_its_keys_are_kept_nowhere(plan: UsagePlan, workshop: Workshop) -> None:
    """CreateUsagePlanKey and GetUsagePlanKeys answer them without being asked (A23)."""
    made = workshop.run(one_node(plan), "up").resources["it"]
    aws = new_aws()
    assert isinstance(made, UsagePlan)
    listed = aws.apigateway.get_usage_plan_keys(usagePlanId=made.id)["items"]
    assert [key["value"] for key in listed] == [CANARY]
    kept = [path.read_text() for path in workshop.directory.iterdir() if path.is_file()]
    assert plan.keys[0] in "".join(kept)
    assert CANARY not in "".join([*kept, repr(made), repr(made.observe(aws))])

"""A key, its successor and the usage plan: retiring, and calls whose answer was lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provision.model.step import OWNER
from provision.steps.apigateway.api_key import RETIRED, ApiKey, RetiredKey
from provision.steps.apigateway.tags import tag_update_calls
from provision.steps.apigateway.usage_plan import UsagePlan
from tests.support.harness import new_aws

KEY = ApiKey(name="tap-dev-default", plan="tap-dev", tags={"team": "a"}).with_owner("tap-dev/it")


@pytest.mark.usefixtures("account")
def test_a_retired_key_works_on_and_has_a_successor_due() -> None:
    aws = new_aws()
    key = KEY.create(aws)
    today = aws.clock.today().date().isoformat()
    older = RetiredKey(id="older", enabled=False, made_on="2020-01-01", retired_on="2021-01-01")
    due = replace(key, retired=(older,)).retire(aws)
    this = RetiredKey(id=key.id, enabled=True, made_on=key.made_on, retired_on=today)
    assert due == replace(key, due=True, retired=(older, this))
    shown = aws.apigateway.get_api_key(apiKey=key.id)
    assert shown["enabled"] is True
    assert shown["tags"] == {"team": "a", OWNER: "tap-dev/it", RETIRED: today}
    seen = key.observe(aws)
    assert seen is not None
    assert (seen.due, seen.id, seen.retired) == (True, key.id, (this,))
    switched = replace(key, enabled=False).retire(aws)
    assert switched.retired[-1].enabled is False


@pytest.mark.usefixtures("account")
def test_after_the_end_of_the_recorded_key_the_only_other_of_ours_is_it() -> None:
    aws = new_aws()
    gone, other = KEY.create(aws), KEY.create(aws)
    aws.apigateway.delete_api_key(apiKey=gone.id)
    seen = gone.observe(aws)
    assert seen is not None
    assert seen.id == other.id
    KEY.create(aws)
    assert gone.observe(aws) is None, "of several none is chosen by a record that is out of date"


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("name", "owner", "chosen"),
    [
        ("tap-dev", "tap-dev/plan", True),
        ("tap-dev", "tap-dev-2/plan", False),
        ("tap-dev", "tap/plan", False),
        ("another", "tap-dev/plan", False),
    ],
)
def test_of_two_keys_the_one_in_the_stack_s_own_plan_is_it(
    name: str, owner: str, chosen: bool
) -> None:
    aws = new_aws()
    first, second = KEY.create(aws), KEY.create(aws)
    plan = aws.apigateway.create_usage_plan(name=name, tags={OWNER: owner})["id"]
    aws.apigateway.create_usage_plan_key(usagePlanId=plan, keyId=second.id, keyType="API_KEY")
    found = [key.id for key in KEY.find_candidates(aws)]
    assert found == ([second.id] if chosen else sorted([first.id, second.id]))


@pytest.mark.usefixtures("account")
def test_a_key_that_a_lost_call_put_in_is_in_and_any_other_conflict_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws = new_aws()
    key = aws.apigateway.create_api_key(name="k", enabled=True)["id"]
    plan = UsagePlan(name="tap-dev", rate=1.0, burst=1, quota=None, stages=(), keys=(key,), tags={})
    made = plan.create(aws)
    conflict: Any = {"Error": {"Code": "ConflictException", "Message": "as it is"}}

    def refuse(**_: Any) -> Any:
        raise aws.apigateway.exceptions.ConflictException(conflict, "CreateUsagePlanKey")

    monkeypatch.setattr(aws.apigateway, "create_usage_plan_key", refuse)
    plan.update(aws, replace(made, keys=()), {"keys"})
    with pytest.raises(aws.apigateway.exceptions.ConflictException):
        replace(plan, keys=("another",)).update(aws, replace(made, keys=()), {"keys"})


def test_a_change_of_tags_is_checked_on_their_path_and_as_a_patch_of_the_resource() -> None:
    """Conditions on the tagged resource do not work on the path of its tags."""
    put, take = tag_update_calls("/apikeys/{id}")
    assert [put.operation, take.operation] == ["apigateway.TagResource", "apigateway.UntagResource"]
    assert [one.action for one in put.permits] == ["apigateway:PUT", "apigateway:PATCH"]
    assert [one.action for one in take.permits] == ["apigateway:DELETE", "apigateway:PATCH"]
    for call in (put, take):
        path, resource = call.permits
        assert path.resources[0].endswith("%2Fapikeys%2F{id}")
        assert resource.resources[0].endswith("/apikeys/{id}")
        assert len(resource.conditions) == 1

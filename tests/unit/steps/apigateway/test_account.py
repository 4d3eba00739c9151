"""The account's logging role is set if empty, repaired if ours is gone, else left alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provision.errors import NotOwned
from provision.model.step import OWNER, Step
from provision.plan.change import Action
from provision.steps.apigateway.account import TRUST, ApiAccount
from provision.steps.iam_policy import canonical
from tests.support.harness import Workshop, new_aws, one_node
from tests.unit.steps.contract import StepContract

ACCOUNT = ApiAccount(role_name="provision-api-gateway-logs")
OURS = "arn:aws:iam::123456789012:role/provision-api-gateway-logs"
THEIRS = "arn:aws:iam::123456789012:role/of-somebody-else"


class TestApiAccount(StepContract):
    edits = {}

    def given(self, aws: Any) -> Step:
        return ACCOUNT


def set_role(arn: str) -> None:
    new_aws().apigateway.update_account(
        patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": arn}]
    )


def current_role() -> str:
    return new_aws().apigateway.get_account().get("cloudwatchRoleArn", "")


def test_an_empty_setting_gets_a_role_of_its_own(workshop: Workshop) -> None:
    workshop.run(one_node(ACCOUNT), "up")
    assert workshop.last.writes == ["CreateRole", "PutRolePolicy", "UpdateAccount"]
    assert current_role() == OURS
    iam = new_aws().iam
    role = iam.get_role(RoleName=ACCOUNT.role_name)["Role"]
    assert role["Tags"] == [{"Key": OWNER, "Value": "account"}]
    trust: Any = role["AssumeRolePolicyDocument"]
    assert canonical(trust) == canonical(TRUST)
    names = iam.list_role_policies(RoleName=ACCOUNT.role_name)["PolicyNames"]
    policy: Any = iam.get_role_policy(RoleName=ACCOUNT.role_name, PolicyName=names[0])
    (statement,) = canonical(policy["PolicyDocument"])["Statement"]
    assert statement["Resource"] == ["arn:aws:logs:*:123456789012:*"]
    assert "logs:PutLogEvents" in statement["Action"]


def test_a_role_of_others_that_is_gone_is_told(workshop: Workshop) -> None:
    """The message has the command that clears it; only then does `up` set a role."""
    set_role(THEIRS)
    finding = workshop.run(one_node(ACCOUNT), "plan").changes["it"]
    assert finding.action is Action.KEEP
    assert f"its role {THEIRS} does not exist" in finding.reason
    assert "`aws apigateway update-account --region us-east-1" in finding.reason
    new_aws().iam.create_role(
        RoleName="of-somebody-else", AssumeRolePolicyDocument=json.dumps(TRUST)
    )
    assert not workshop.run(one_node(ACCOUNT), "plan").changes["it"].reason
    set_role("arn:aws:iam::999999999999:role/of-another-account")
    assert not workshop.run(one_node(ACCOUNT), "plan").changes["it"].reason


def test_a_role_of_others_is_left_as_it_is(workshop: Workshop) -> None:
    """Other stacks may log with it (A20), even if it seems not to exist."""
    set_role(THEIRS)
    for verb in ("up", "down", "up"):
        workshop.run(one_node(ACCOUNT), verb)
        assert workshop.last.writes == []
    assert current_role() == THEIRS


def test_our_role_deleted_by_hand_is_made_again(workshop: Workshop) -> None:
    set_role(OURS)
    assert workshop.run(one_node(ACCOUNT), "plan").changes["it"].action is Action.CREATE
    workshop.run(one_node(ACCOUNT), "up")
    new_aws().iam.get_role(RoleName=ACCOUNT.role_name)
    assert workshop.run(one_node(ACCOUNT), "up").changes["it"].action is Action.KEEP


def test_a_setting_made_meanwhile_is_not_overwritten(account: None) -> None:
    set_role(THEIRS)
    assert ACCOUNT.create(new_aws()).role == THEIRS
    assert current_role() == THEIRS


def test_a_role_of_that_name_that_is_not_ours_is_not_used(workshop: Workshop) -> None:
    new_aws().iam.create_role(
        RoleName=ACCOUNT.role_name, AssumeRolePolicyDocument=json.dumps(TRUST)
    )
    with pytest.raises(NotOwned, match="did not make") as refused:
        workshop.run(one_node(ACCOUNT), "up")
    assert "update-account" in refused.value.hint
    assert current_role() == ""


@pytest.mark.usefixtures("one_item_a_page")
def test_our_role_is_known_by_its_tag_on_whichever_page(workshop: Workshop) -> None:
    workshop.run(one_node(ACCOUNT), "up")
    set_role("")
    workshop.forget()
    workshop.run(one_node(ACCOUNT), "up")
    assert current_role() == OURS


def test_down_leaves_role_and_setting(workshop: Workshop) -> None:
    workshop.run(one_node(ACCOUNT), "up")
    workshop.run(one_node(ACCOUNT), "down")
    assert workshop.last.writes == []
    assert current_role() == OURS
    new_aws().iam.get_role(RoleName=ACCOUNT.role_name)

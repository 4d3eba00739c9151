"""The role and its inline policies: the contract, and IAM's unexpected behaviour."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pytest

from provision.plan.change import Action
from provision.steps.iam.role import Role
from provision.steps.iam_policy import VERSION, as_text, trust
from tests.support.harness import Workshop, new_aws, one_node
from tests.unit.steps.contract import StepContract

LAMBDA = "lambda.amazonaws.com"
READ_ONLY = "arn:aws:iam::123456789012:policy/read-only"
VIEW_ONLY = "arn:aws:iam::123456789012:policy/view-only"
ROLE = Role(
    name="tap-dev-items",
    service=LAMBDA,
    description="What the function may do",
    attached=(READ_ONLY,),
    tags={"team": "a"},
)


class TestRole(StepContract):
    unsaid: ClassVar = {
        "service": ('{"Statement":[],"Version":"2008-10-17"}',),
        "session": (3600,),
    }
    edits: ClassVar = {
        "service": "apigateway.amazonaws.com",
        "description": "",
        "session": 7200,
        "boundary": VIEW_ONLY,
        "attached": (VIEW_ONLY,),
        "tags": {"team": "b", "more": "c"},
    }
    fixed_edits: ClassVar = {"path": "/tap/"}

    def given(self, aws: Any) -> Role:
        return ROLE


@pytest.fixture(autouse=True)
def _managed_policies(account: None) -> None:
    statement = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
    for name in ("read-only", "view-only"):
        new_aws().iam.create_policy(
            PolicyName=name, PolicyDocument=as_text({"Version": VERSION, "Statement": statement})
        )


def test_boundary_stands_from_the_first_call_on(workshop: Workshop) -> None:
    bounded = Role(name="tap-dev-items", service=LAMBDA, boundary=VIEW_ONLY, tags={})
    workshop.run(one_node(bounded), "up")
    assert workshop.last.writes == ["CreateRole"]


def test_arn_is_built_and_never_read(workshop: Workshop) -> None:
    made = workshop.run(one_node(Role(name="r", path="/tap/", service=LAMBDA, tags={})), "up")
    assert vars(made.resources["it"])["arn"] == "arn:aws:iam::123456789012:role/tap/r"


@pytest.mark.parametrize(
    "trusted",
    [
        {"Principal": {"Service": [LAMBDA, "ec2.amazonaws.com"]}},
        {"Principal": {"AWS": "*"}},
        {"Condition": {"StringEquals": {"aws:SourceAccount": "1"}}},
    ],
)
def test_trust_widened_by_hand_is_put_back(workshop: Workshop, trusted: dict[str, Any]) -> None:
    workshop.run(one_node(ROLE), "up")
    document = trust(LAMBDA)
    document["Statement"][0] |= trusted
    new_aws().iam.update_assume_role_policy(RoleName=ROLE.name, PolicyDocument=json.dumps(document))
    finding = workshop.run(one_node(ROLE), "up").changes["it"]
    assert [diff.field for diff in finding.diffs] == ["service"]
    assert workshop.last.writes == ["UpdateAssumeRolePolicy"]
    assert workshop.run(one_node(ROLE), "up").changes["it"].action is Action.KEEP


def test_trust_may_be_spelled_differently(workshop: Workshop) -> None:
    workshop.run(one_node(ROLE), "up")
    statement = {"Principal": {"Service": LAMBDA}, "Action": "sts:AssumeRole", "Effect": "Allow"}
    new_aws().iam.update_assume_role_policy(
        RoleName=ROLE.name,
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statement}),
    )
    assert workshop.run(one_node(ROLE), "up").changes["it"].action is Action.KEEP


def test_managed_policy_attached_by_hand_is_taken_off(workshop: Workshop) -> None:
    workshop.run(one_node(ROLE), "up")
    new_aws().iam.attach_role_policy(RoleName=ROLE.name, PolicyArn=VIEW_ONLY)
    workshop.run(one_node(ROLE), "up")
    assert workshop.last.writes == ["DetachRolePolicy"]


def test_new_policies_are_there_before_old_ones_go(workshop: Workshop) -> None:
    workshop.run(one_node(ROLE), "up")
    moved = Role(name=ROLE.name, service=LAMBDA, attached=(VIEW_ONLY,), tags={})
    workshop.run(one_node(moved), "up")
    kept = [write for write in workshop.last.writes if write.endswith("RolePolicy")]
    assert kept == ["AttachRolePolicy", "DetachRolePolicy"]


@pytest.mark.usefixtures("one_item_a_page")
def test_goes_with_inline_policies_nobody_declared(workshop: Workshop) -> None:
    workshop.run(one_node(ROLE), "up")
    statement = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
    new_aws().iam.put_role_policy(
        RoleName=ROLE.name,
        PolicyName="extra",
        PolicyDocument=as_text({"Version": VERSION, "Statement": statement}),
    )
    workshop.run(one_node(ROLE), "down")
    assert ROLE.observe(new_aws()) is None

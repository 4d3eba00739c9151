"""The log group: the contract, a prefix that also matches others, and its recreation by AWS."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import pytest
from botocore.exceptions import ClientError

from provision.plan.change import Action
from provision.steps.logs.log_group import FOREVER, LogGroup
from tests.support.harness import Recorder, Workshop, new_aws, one_node
from tests.unit.steps.contract import StepContract

KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
GROUP = LogGroup(name="/aws/lambda/tap-dev-items", retention=30, tags={"team": "a"})


class TestLogGroup(StepContract):
    edits: ClassVar = {
        "retention": 7,
        "key": KEY,
        "protect": True,
        "tags": {"team": "b", "more": "c"},
    }
    fixed_edits: ClassVar = {"name": "/aws/lambda/tap-dev-other"}

    def given(self, aws: Any) -> LogGroup:
        return GROUP


def test_keeping_for_ever_and_back(workshop: Workshop) -> None:
    forever = LogGroup(name=GROUP.name, retention=FOREVER, tags=GROUP.tags)
    workshop.run(one_node(forever), "up")
    assert workshop.last.writes == ["CreateLogGroup"]
    assert workshop.run(one_node(GROUP), "up").changes["it"].action is Action.UPDATE
    workshop.run(one_node(forever), "up")
    assert workshop.last.writes == ["DeleteRetentionPolicy"]


def test_encrypted_from_its_first_line_on(workshop: Workshop) -> None:
    workshop.run(one_node(replace(GROUP, retention=FOREVER, key=KEY)), "up")
    assert workshop.last.writes == ["CreateLogGroup"]


def test_a_key_put_on_by_hand_comes_off(workshop: Workshop) -> None:
    workshop.run(one_node(GROUP), "up")
    new_aws().logs.associate_kms_key(logGroupName=GROUP.name, kmsKeyId=KEY)
    finding = workshop.run(one_node(GROUP), "up").changes["it"]
    assert [diff.field for diff in finding.diffs] == ["key"]
    assert workshop.last.writes == ["DisassociateKmsKey"]


def test_protected_by_hand_it_is_told_and_goes_after_all(workshop: Workshop) -> None:
    """The state may not know about the protection; only AWS shows that it will refuse (G6)."""
    made = workshop.run(one_node(GROUP), "up").resources["it"]
    client = new_aws().logs
    client.put_log_group_deletion_protection(
        logGroupIdentifier=GROUP.name, deletionProtectionEnabled=True
    )
    with pytest.raises(ClientError, match="Disable deletion protection first"):
        client.delete_log_group(logGroupName=GROUP.name)
    planned = workshop.run(one_node(GROUP), "plan").changes["it"]
    assert [diff.field for diff in planned.diffs] == ["protect"]
    gone = workshop.run(one_node(GROUP), "down").changes["it"]
    assert gone.reason == "deletion protection is on and is switched off first"
    assert workshop.last.writes == ["PutLogGroupDeletionProtection", "DeleteLogGroup"]
    workshop.run(one_node(GROUP), "up")
    client.put_log_group_deletion_protection(
        logGroupIdentifier=GROUP.name, deletionProtectionEnabled=True
    )
    made.delete(new_aws())
    assert GROUP.observe(new_aws()) is None


def test_group_whose_name_goes_on_is_another(workshop: Workshop) -> None:
    new_aws().logs.create_log_group(logGroupName=f"{GROUP.name}-archive")
    assert workshop.run(one_node(GROUP), "plan").changes["it"].action is Action.CREATE
    workshop.run(one_node(GROUP), "up")
    workshop.run(one_node(GROUP), "down")
    groups = new_aws().logs.describe_log_groups()["logGroups"]
    assert [group["logGroupName"] for group in groups] == [f"{GROUP.name}-archive"]


def test_arn_is_bare(workshop: Workshop) -> None:
    made = workshop.run(one_node(GROUP), "up").resources["it"]
    assert vars(made)["arn"] == f"arn:aws:logs:us-east-1:123456789012:log-group:{GROUP.name}"


@pytest.mark.usefixtures("one_item_a_page")
def test_lines_on_a_later_page_count_too(workshop: Workshop) -> None:
    made = workshop.run(one_node(GROUP), "up").resources["it"]
    assert isinstance(made, LogGroup)
    aws = workshop.connect(Recorder())
    assert not made.has_recent_writes(aws)
    now = int(aws.clock.today().timestamp() * 1000)
    logs = new_aws().logs
    logs.create_log_stream(logGroupName=GROUP.name, logStreamName="s")
    logs.put_log_events(
        logGroupName=GROUP.name,
        logStreamName="s",
        logEvents=[{"timestamp": now, "message": "late"}],
    )
    assert made.has_recent_writes(aws)


def test_group_brought_back_by_a_late_writer_is_deleted_again(workshop: Workshop) -> None:
    workshop.run(one_node(GROUP), "up")
    aws, late = new_aws(), ["an invocation still running"]

    def write(**_: Any) -> None:
        if late:
            late.clear()
            new_aws().logs.create_log_group(logGroupName=GROUP.name)

    aws.logs.meta.events.register("after-call.cloudwatch-logs.DeleteLogGroup", write)
    GROUP.delete(aws)
    assert not late
    assert GROUP.observe(new_aws()) is None


def test_group_that_goes_while_looking_is_not_there(workshop: Workshop) -> None:
    workshop.run(one_node(GROUP), "up")

    def take_it(**_: Any) -> None:
        new_aws().logs.delete_log_group(logGroupName=GROUP.name)

    aws = new_aws()
    aws.logs.meta.events.register("after-call.cloudwatch-logs.DescribeLogGroups", take_it)
    assert GROUP.observe(aws) is None

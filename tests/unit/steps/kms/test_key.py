"""The key: the contract, and its recovery from every state it can be in."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from provision.engine.engine import Engine
from provision.model.step import OWNER, Step
from provision.plan.change import Action
from provision.plan.options import PlanOptions
from provision.state.journal import Journal
from provision.steps import KINDS
from provision.steps.iam_policy import VERSION, canonical
from provision.steps.kms.key import KmsKey
from provision.workflows.refresh import refresh_records, trusts_record
from tests.support.harness import HOLDER, Workshop, new_aws, one_node
from tests.unit.steps.contract import StepContract


def allowing(*services: str) -> dict[str, Any]:
    root = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    others = [
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "kms:Decrypt",
            "Resource": "*",
        }
        for service in services
    ]
    return canonical({"Version": VERSION, "Statement": [root, *others]})


KEY = KmsKey(alias="alias/tap-dev", description="Of tap-dev", policy=allowing(), tags={"team": "a"})


class TestKmsKey(StepContract):
    edits: ClassVar = {
        "description": "Of another",
        "policy": allowing("cloudwatch.amazonaws.com"),
        "tags": {"team": "b", "more": "c"},
    }
    drift_only: ClassVar = frozenset({"aliased", "rotation", "state"})

    def given(self, aws: Any) -> KmsKey:
        return KEY

    def copied(self, step: Step, aws: Any) -> None:
        """Move the alias, which is unique, to a copy of the key."""
        copied = a_copy(aws)
        aws.kms.update_alias(AliasName=KEY.alias, TargetKeyId=copied)


def a_copy(aws: Any) -> str:
    """Create another key that carries our owner tag, and return its id."""
    tags = [{"TagKey": OWNER, "TagValue": "tap-dev/it"}]
    key: str = aws.kms.create_key(Tags=tags)["KeyMetadata"]["KeyId"]
    return key


def made(workshop: Workshop) -> KmsKey:
    step = workshop.run(one_node(KEY), "up").resources["it"]
    assert isinstance(step, KmsKey)
    return step


def state(key: KmsKey) -> str:
    return new_aws().kms.describe_key(KeyId=key.id)["KeyMetadata"]["KeyState"]


def leads_to() -> str:
    return new_aws().kms.describe_key(KeyId=KEY.alias)["KeyMetadata"]["KeyId"]


def test_it_is_born_whole_and_rotates(workshop: Workshop) -> None:
    key = made(workshop)
    assert workshop.last.writes == ["CreateKey", "EnableKeyRotation", "CreateAlias"]
    assert new_aws().kms.get_key_rotation_status(KeyId=key.id)["KeyRotationEnabled"]
    assert leads_to() == key.id


def disabled(key: KmsKey) -> None:
    new_aws().kms.disable_key(KeyId=key.id)


def scheduled(key: KmsKey) -> None:
    new_aws().kms.schedule_key_deletion(KeyId=key.id)


def not_rotating(key: KmsKey) -> None:
    new_aws().kms.disable_key_rotation(KeyId=key.id)


def opened(key: KmsKey) -> None:
    policy = json.dumps(allowing("sns.amazonaws.com"))
    new_aws().kms.put_key_policy(KeyId=key.id, PolicyName="default", Policy=policy)


def without_alias(key: KmsKey) -> None:
    new_aws().kms.delete_alias(AliasName=KEY.alias)


def with_alias_moved(key: KmsKey) -> None:
    other = new_aws().kms.create_key()["KeyMetadata"]["KeyId"]
    new_aws().kms.update_alias(AliasName=KEY.alias, TargetKeyId=other)


@pytest.mark.usefixtures("one_item_a_page")
@pytest.mark.parametrize("lost", [False, True], ids=["known", "state lost"])
@pytest.mark.parametrize(
    ("happens", "fields"),
    [
        (disabled, ["state"]),
        (scheduled, ["state"]),
        (not_rotating, ["rotation"]),
        (opened, ["policy"]),
        (without_alias, ["aliased"]),
        (with_alias_moved, ["aliased"]),
    ],
)
def test_what_happened_to_it_is_undone(
    workshop: Workshop, happens: Any, fields: list[str], *, lost: bool
) -> None:
    key = made(workshop)
    happens(key)
    if lost:
        workshop.forget()
    finding = workshop.run(one_node(KEY), "up").changes["it"]
    assert [diff.field for diff in finding.diffs] == fields
    assert workshop.run(one_node(KEY), "up").changes["it"].action is Action.KEEP
    assert workshop.last.writes == []
    assert (leads_to(), state(key)) == (key.id, "Enabled")


def test_our_own_deletion_is_not_undone(workshop: Workshop) -> None:
    key = made(workshop)
    workshop.run(one_node(KEY), "down")
    assert workshop.last.writes == ["DeleteAlias", "ScheduleKeyDeletion"]
    shown = new_aws().kms.describe_key(KeyId=key.id)["KeyMetadata"]
    assert shown["KeyState"] == "PendingDeletion"
    assert (shown["DeletionDate"] - shown["CreationDate"]).days in {29, 30}
    assert made(workshop).id != key.id


def test_taken_back_it_is_the_same_key_again(workshop: Workshop) -> None:
    key = made(workshop)
    workshop.run(one_node(KEY), "down")
    new_aws().kms.cancel_key_deletion(KeyId=key.id)
    assert made(workshop).id == key.id
    assert (leads_to(), state(key)) == (key.id, "Enabled")


@pytest.mark.parametrize(
    ("plan_options", "goes"),
    [
        (PlanOptions(), False),
        (PlanOptions(destroy_data=True), False),  # the final backups need it
        (PlanOptions(destroy_data=True, backup=False), True),
        (PlanOptions(destroy=frozenset({"it"})), True),
    ],
)
def test_it_goes_only_where_no_backup_needs_it(
    workshop: Workshop, plan_options: PlanOptions, *, goes: bool
) -> None:
    key = made(workshop)
    finding = workshop.run(one_node(KEY), "down", plan_options=plan_options).changes["it"]
    assert (state(key) == "PendingDeletion") is goes
    assert f"aws kms cancel-key-deletion --region us-east-1 --key-id {key.id}" in finding.reason
    assert ("--destroy it" in finding.reason) is not goes


def test_a_stranger_who_hides_its_tags_is_passed_by(workshop: Workshop) -> None:
    new_aws().kms.create_key()
    key = made(workshop)
    without_alias(key)
    workshop.forget()
    assert made(workshop).id == key.id
    assert replace(KEY, alias="alias/other").with_owner("other-dev/it").observe(new_aws()) is None


def test_one_that_carries_our_mark_under_an_alias_of_its_own_counts_too(workshop: Workshop) -> None:
    """An attacker could give our key another alias, so that it is overlooked."""
    key = made(workshop)
    aws = new_aws()
    aws.kms.create_alias(AliasName="alias/other", TargetKeyId=key.id)
    aws.kms.update_alias(AliasName=KEY.alias, TargetKeyId=a_copy(aws))
    workshop.forget()
    finding = workshop.run(one_node(KEY), "plan").changes["it"]
    assert finding.action is Action.FOREIGN
    assert key.id in finding.reason


def test_a_refresh_keeps_the_key_of_the_state(workshop: Workshop) -> None:
    key = made(workshop)
    aws = new_aws()
    aws.kms.update_alias(AliasName=KEY.alias, TargetKeyId=a_copy(aws))
    journal = Journal(workshop.directory, "tap-dev", KINDS).open(HOLDER)
    engine = Engine(one_node(KEY), aws, journal, accepts=trusts_record)
    record = refresh_records(engine, engine.plan()).records["it"]
    journal.close()
    assert vars(record.step)["id"] == key.id

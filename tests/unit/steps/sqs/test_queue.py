"""The queue: the contract, and SQS's unexpected behaviour."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from provision.plan.change import Action
from provision.steps.iam_policy import VERSION, canonical
from provision.steps.sqs.queue import Queue
from tests.support.harness import Workshop, new_aws, one_node
from tests.unit.steps.contract import StepContract

QUEUE = Queue(name="tap-dev-items-dead-letters", tags={"team": "a"})
KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
OPEN = canonical(
    {
        "Version": VERSION,
        "Statement": {
            "Sid": "open",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "SQS:ReceiveMessage",
            "Resource": "arn:aws:sqs:us-east-1:123456789012:tap-dev-items-dead-letters",
        },
    }
)


class TestQueue(StepContract):
    edits: ClassVar = {
        "retention": 345_600,
        "visibility": 0,
        "encryption": KEY,
        "policy": OPEN,
        "tags": {"team": "b", "more": "c"},
    }
    fixed_edits: ClassVar = {"name": "tap-dev-other"}

    def given(self, aws: Any) -> Queue:
        return QUEUE


def change(**attributes: str) -> None:
    sqs = new_aws().sqs
    url = sqs.get_queue_url(QueueName=QUEUE.name)["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)  # type: ignore[arg-type]  # any


def test_everything_is_said_in_the_first_call(workshop: Workshop) -> None:
    workshop.run(one_node(replace(QUEUE, policy=OPEN, retention=60)), "up")
    assert workshop.last.writes == ["CreateQueue"]


@pytest.mark.parametrize(
    ("field", "attribute", "value"),
    [
        ("retention", "MessageRetentionPeriod", "60"),
        ("visibility", "VisibilityTimeout", "5"),
        ("policy", "Policy", json.dumps(OPEN)),
    ],
)
def test_what_was_changed_by_hand_is_put_back(
    workshop: Workshop, field: str, attribute: str, value: str
) -> None:
    workshop.run(one_node(QUEUE), "up")
    change(**{attribute: value})
    finding = workshop.run(one_node(QUEUE), "up").changes["it"]
    assert [diff.field for diff in finding.diffs] == [field]
    assert workshop.last.writes == ["SetQueueAttributes"]
    assert workshop.run(one_node(QUEUE), "up").changes["it"].action is Action.KEEP


def test_foreign_key_comes_off_before_own_encryption_goes_on(workshop: Workshop) -> None:
    workshop.run(one_node(QUEUE), "up")
    change(KmsMasterKeyId="alias/theirs", SqsManagedSseEnabled="false")
    workshop.run(one_node(QUEUE), "up")
    assert workshop.last.writes == ["SetQueueAttributes", "SetQueueAttributes"]
    url = new_aws().sqs.get_queue_url(QueueName=QUEUE.name)["QueueUrl"]
    found = new_aws().sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert found["SqsManagedSseEnabled"] == "true"
    assert not found.get("KmsMasterKeyId")


@pytest.mark.parametrize(
    ("before", "after", "writes"),
    [
        ("sqs", KEY, 1),
        (KEY, "sqs", 2),  # (Q7)
        (KEY, "none", 2),
        ("none", KEY, 1),
        (KEY, KEY.replace("1111-", "9999-"), 1),
    ],
)
def test_one_encryption_takes_the_place_of_the_other(
    workshop: Workshop, before: str, after: str, writes: int
) -> None:
    workshop.run(one_node(replace(QUEUE, encryption=before)), "up")
    assert workshop.last.writes == ["CreateQueue"]
    workshop.run(one_node(replace(QUEUE, encryption=after)), "up")
    assert workshop.last.writes == ["SetQueueAttributes"] * writes
    url = new_aws().sqs.get_queue_url(QueueName=QUEUE.name)["QueueUrl"]
    found = new_aws().sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (found["SqsManagedSseEnabled"] == "true") is (after == "sqs")
    assert found.get("KmsMasterKeyId", "") == (after if after.startswith("arn") else "")


def test_arn_and_url_are_those_of_the_queue(workshop: Workshop) -> None:
    made = workshop.run(one_node(QUEUE), "up").resources["it"]
    assert isinstance(made, Queue)
    assert made.arn == f"arn:aws:sqs:us-east-1:123456789012:{QUEUE.name}"
    assert made.url.endswith(f"/123456789012/{QUEUE.name}")


def test_queue_that_goes_while_looking_is_not_there(workshop: Workshop) -> None:
    workshop.run(one_node(QUEUE), "up")

    def take_it(**_: Any) -> None:
        url = new_aws().sqs.get_queue_url(QueueName=QUEUE.name)["QueueUrl"]
        new_aws().sqs.delete_queue(QueueUrl=url)

    aws = new_aws()
    aws.sqs.meta.events.register("after-call.sqs.GetQueueUrl", take_it)
    assert QUEUE.observe(aws) is None

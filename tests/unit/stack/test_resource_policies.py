"""The policies of the queue and the topic themselves."""

from __future__ import annotations

from typing import Any

from provision.aws.access import Location
from provision.stack.resource_policies import queue_policy, topic_policy

WHERE = Location("123456789012", "us-east-1", "aws-cn", "amazonaws.com.cn")
QUEUE = WHERE.arn("sqs", "tap-dev-items-dead-letters")
TOPIC = WHERE.arn("sns", "tap-dev-alarms")


def denied(policy: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in policy["Statement"] if each["Effect"] == "Deny"]


def test_without_tls_nobody_does_anything_to_the_queue() -> None:
    (closed,) = denied(queue_policy(QUEUE))
    assert closed["Principal"] == {"AWS": ["*"]}
    assert closed["Action"] == ["sqs:*"]
    assert closed["Resource"] == [QUEUE]
    assert closed["Condition"] == {"Bool": {"aws:SecureTransport": ["false"]}}


def test_the_queue_lets_nobody_in_by_itself() -> None:
    assert [each["Effect"] for each in queue_policy(QUEUE)["Statement"]] == ["Deny"]


def test_only_alarms_of_ours_write_to_the_topic() -> None:
    policy = topic_policy(WHERE, TOPIC, "tap-dev-")
    (allowed,) = [each for each in policy["Statement"] if each["Effect"] == "Allow"]
    assert allowed["Principal"] == {"Service": ["cloudwatch.amazonaws.com"]}
    assert allowed["Action"] == ["sns:Publish"]
    assert allowed["Condition"] == {
        "ArnLike": {"aws:SourceArn": [WHERE.arn("cloudwatch", "alarm:tap-dev-*")]},
        "StringEquals": {"aws:SourceAccount": ["123456789012"]},
    }


def test_without_tls_nobody_writes_to_the_topic() -> None:
    (closed,) = denied(topic_policy(WHERE, TOPIC, "tap-dev-"))
    assert closed["Principal"] == {"AWS": ["*"]}
    assert closed["Action"] == ["sns:Publish"]
    assert closed["Condition"] == {"Bool": {"aws:SecureTransport": ["false"]}}

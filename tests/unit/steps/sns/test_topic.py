"""The topic: the contract, and the policy that AWS gives it unasked."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pytest

from provision.plan.change import Action
from provision.steps.iam_policy import canonical
from provision.steps.sns.topic import Topic
from tests.support.harness import Workshop, new_aws, one_node
from tests.unit.steps.contract import StepContract

TOPIC = Topic(name="tap-dev-alarms", tags={"team": "a"})
ARN = "arn:aws:sns:us-east-1:123456789012:tap-dev-alarms"
OPEN = canonical(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "SNS:Subscribe",
            "Resource": ARN,
        },
    }
)


class TestTopic(StepContract):
    edits: ClassVar = {
        "display": "Alarms of tap",
        "policy": OPEN,
        "key": "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555",
        "tags": {"team": "b", "more": "c"},
    }
    fixed_edits: ClassVar = {"name": "tap-dev-other"}

    def given(self, aws: Any) -> Topic:
        return TOPIC


def test_one_call_makes_it_whole(workshop: Workshop) -> None:
    whole = Topic(name=TOPIC.name, display="Alarms", policy=OPEN, tags={})
    made = workshop.run(one_node(whole), "up").resources["it"]
    assert workshop.last.writes == ["CreateTopic"]
    assert vars(made)["arn"] == ARN


def widen(policy: dict[str, Any], name: str) -> None:
    statement = policy["Statement"][0]
    match name:
        case "nobody named":
            del statement["Condition"]
        case "another account":
            statement["Condition"] = {"StringEquals": {"AWS:SourceOwner": "210987654321"}}
        case "two accounts":
            accounts = ["123456789012", "210987654321"]
            statement["Condition"] = {"StringEquals": {"AWS:SourceOwner": accounts}}
        case "one more statement":
            policy["Statement"].append({**statement, "Sid": "more", "Condition": {}})
        case "another statement":
            statement["Sid"] = "theirs"
        case "another condition":
            statement["Condition"]["StringLike"] = {"AWS:SourceArn": "*"}


@pytest.mark.parametrize(
    "name",
    [
        "nobody named",
        "another account",
        "two accounts",
        "one more statement",
        "another statement",
        "another condition",
    ],
)
def test_default_policy_changed_by_hand_is_put_back(workshop: Workshop, name: str) -> None:
    workshop.run(one_node(TOPIC), "up")
    sns = new_aws().sns
    policy = json.loads(sns.get_topic_attributes(TopicArn=ARN)["Attributes"]["Policy"])
    widen(policy, name)
    sns.set_topic_attributes(
        TopicArn=ARN, AttributeName="Policy", AttributeValue=json.dumps(policy)
    )
    finding = workshop.run(one_node(TOPIC), "up").changes["it"]
    assert [diff.field for diff in finding.diffs] == ["policy"]
    assert workshop.last.writes == ["SetTopicAttributes"]
    assert workshop.run(one_node(TOPIC), "up").changes["it"].action is Action.KEEP

"""SNS's laws: a naive client fails under each, our topic and subscription do not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from provision.errors import TryLater
from provision.model.stack import Stack
from provision.steps.iam.role import Role
from provision.steps.sns.subscription import Subscription
from provision.steps.sns.topic import Topic
from tests.faults.aws_behaviours.conftest import Session, naive
from tests.faults.aws_behaviours.harness import SEEDS, LosesOnce, patient, under
from tests.faults.aws_behaviours.rules import sns as laws

TOPIC = Topic(name="alarms", tags={"team": "a"})
TRUST: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": ["lambda.amazonaws.com"]},
            "Action": ["sts:AssumeRole"],
        }
    ],
}


def speaking(topic: str, role: str) -> dict[str, Any]:
    """Return a policy by which the role may publish."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": [role]},
                "Action": ["sns:Publish"],
                "Resource": [topic],
            }
        ],
    }


def test_n1_a_second_create_must_say_the_same(court: Session, tmp_path: Path) -> None:
    held = court(laws.EqualOrRefused(), LosesOnce("CreateTopic"))
    shop = under(held, tmp_path)
    shop.up(TOPIC)
    with pytest.raises(ClientError, match="Topic already exists with different tags"):
        naive(held, "sns").create_topic(Name="alarms", Tags=[{"Key": "team", "Value": "b"}])
    changed = replace(TOPIC, tags={"team": "b"}, display="Alarms")
    shop.up(changed)
    shop.forget()
    shop.up(replace(changed, display="More"))
    assert len(held.refused("N1")) == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_n2_a_policy_may_name_only_roles_that_are_known(
    court: Session, tmp_path: Path, seed: int
) -> None:
    held = court(laws.PrincipalsMustBeKnown(), seed=seed)
    client = naive(held, "sns")
    arn = client.create_topic(Name="other")["TopicArn"]
    role = naive(held, "iam").create_role(
        RoleName="other", AssumeRolePolicyDocument=json.dumps(TRUST)
    )
    with pytest.raises(ClientError, match="PrincipalNotFound"):
        client.set_topic_attributes(
            TopicArn=arn,
            AttributeName="Policy",
            AttributeValue=json.dumps(speaking(arn, role["Role"]["Arn"])),
        )

    stack = Stack("tap-dev")
    speaker = stack.add(
        "role", lambda _: Role(name="speaker", service="lambda.amazonaws.com", tags={})
    )
    stack.add(
        "topic",
        lambda get: replace(TOPIC, policy=speaking(f"{arn[:-5]}alarms", get(speaker).arn)),
        needs=[speaker],
    )
    before = len(held.sent)
    under(held, tmp_path).run(stack, "up")
    patient(held.sent[before:])
    assert len(held.refused("N2")) > 1


def test_n4_an_address_that_never_confirms_holds_nothing_up(court: Session, tmp_path: Path) -> None:
    held = court(laws.MailMustBeConfirmed())
    client = naive(held, "sns")
    arn = client.create_topic(Name="other")["TopicArn"]
    heard = client.subscribe(TopicArn=arn, Protocol="email", Endpoint="a@example.com")
    with pytest.raises(ClientError, match="pending confirmation"):
        client.unsubscribe(SubscriptionArn=heard["SubscriptionArn"])

    mail = Subscription(topic=arn, protocol="email", endpoint="b@example.com")
    shop = under(held, tmp_path)
    shop.up(mail, within=5)
    shop.stays(mail)
    shop.down(mail, within=5)
    assert len(held.refused("N4")) == 1


def test_n5_who_unsubscribed_is_neither_there_nor_pending(court: Session, tmp_path: Path) -> None:
    law = laws.UnsubscribedStaysListed()
    held = court(law)
    client = naive(held, "sns")
    arn = client.create_topic(Name="other")["TopicArn"]
    mail = Subscription(topic=arn, protocol="email", endpoint="b@example.com")
    shop = under(held, tmp_path)
    shop.up(mail)
    law.leaves(mail.endpoint, held.clock.now())
    (listed,) = client.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    assert listed["SubscriptionArn"] == "Deleted", "and a naive client takes it for subscribed"
    with pytest.raises(TryLater, match="72 hours"):
        shop.up(mail)
    assert shop.last.writes == ["Subscribe"]
    held.clock.sleep(72 * 3600)
    shop.stays(mail)


def test_n6_tags_of_a_topic_change_one_call_at_a_time(court: Session, tmp_path: Path) -> None:
    held = court(laws.TagsOneAtATime())
    client = naive(held, "sns")
    arn = client.create_topic(Name="other")["TopicArn"]
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    with pytest.raises(ClientError, match="ConcurrentAccess"):
        client.untag_resource(ResourceArn=arn, TagKeys=["a"])
    shop = under(held, tmp_path)
    shop.up(TOPIC)
    shop.up(replace(TOPIC, tags={"other": "b"}))
    shop.stays(replace(TOPIC, tags={"other": "b"}))
    assert len(held.refused("N6")) > 1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_topic_lives_under_all_of_them(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(*(law() for law in laws.LAWS), seed=seed)

    def heard() -> Stack:
        stack = Stack("tap-dev")
        topic = stack.add("topic", lambda _: TOPIC)
        stack.add(
            "mail",
            lambda get: Subscription(
                topic=get(topic).arn, protocol="email", endpoint="a@example.com"
            ),
            needs=[topic],
        )
        return stack

    shop = under(held, tmp_path)
    shop.run(heard(), "up")
    shop.run(heard(), "down")
    patient(held.sent)
    assert not [sent for sent in held.sent if sent.refusal]

"""The subscription: the contract, and an address that has not confirmed."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from moto.sns.models import SNSBackend
from moto.sns.models import Subscription as MotoSubscription

from provision.errors import TryLater
from provision.plan.change import Action, Cause
from provision.steps.sns.subscription import UNSUBSCRIBED, Subscription
from tests.support.harness import Workshop, new_aws, one_node
from tests.unit.steps.contract import StepContract

TOPIC = "arn:aws:sns:us-east-1:123456789012:tap-dev-alarms"
MAIL = Subscription(topic=TOPIC, protocol="email", endpoint="ops@example.com")


def make_topics() -> None:
    for name in ("tap-dev-alarms", "tap-dev-other"):
        new_aws().sns.create_topic(Name=name)


@pytest.fixture
def _topics(account: None) -> None:
    make_topics()


class TestSubscription(StepContract):
    edits: ClassVar = {}
    drift_only: ClassVar = frozenset({"strays"})
    fixed_edits: ClassVar = {
        "topic": TOPIC.replace("alarms", "other"),
        "protocol": "email-json",
        "endpoint": "dev@example.com",
    }

    def given(self, aws: Any) -> Subscription:
        make_topics()
        return MAIL


@pytest.fixture
def _unconfirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave subscriptions unconfirmed as AWS does; moto confirms them by itself (N4)."""
    subscribe = SNSBackend.subscribe
    unsubscribe = SNSBackend.unsubscribe

    def subscribe_pending(self: Any, *arguments: Any) -> MotoSubscription:
        made = subscribe(self, *arguments)
        made.arn = "PendingConfirmation"
        return made

    def unsubscribe_confirmed(self: Any, arn: str) -> None:
        assert arn.startswith("arn:"), "InvalidParameter: a pending one has no ARN to take back"
        unsubscribe(self, arn)

    monkeypatch.setattr(SNSBackend, "subscribe", subscribe_pending)
    monkeypatch.setattr(SNSBackend, "unsubscribe", unsubscribe_confirmed)


@pytest.mark.usefixtures("_topics", "_unconfirmed")
def test_pending_is_as_wanted_and_never_asked_twice(workshop: Workshop) -> None:
    made = workshop.run(one_node(MAIL), "up").resources["it"]
    assert vars(made)["arn"] == ""
    assert workshop.run(one_node(MAIL), "up").changes["it"].action is Action.KEEP
    assert workshop.last.writes == []


@pytest.mark.usefixtures("_topics", "_unconfirmed")
def test_pending_is_left_to_go_with_its_topic(workshop: Workshop) -> None:
    workshop.run(one_node(MAIL), "up")
    workshop.run(one_node(MAIL), "down")
    assert workshop.last.writes == []
    new_aws().sns.delete_topic(TopicArn=TOPIC)
    assert MAIL.observe(new_aws()) is None


@pytest.mark.usefixtures("_topics")
def test_confirmed_since_it_was_recorded(workshop: Workshop, monkeypatch: Any) -> None:
    made = workshop.run(one_node(MAIL), "up").resources["it"]
    pending = Subscription(topic=TOPIC, protocol="email", endpoint="ops@example.com", arn="")
    assert pending.observe(new_aws()) == made
    pending.delete(new_aws())
    assert pending.observe(new_aws()) is None


def lists(monkeypatch: pytest.MonkeyPatch, *arns: str) -> None:
    """Let AWS list the address once with each of these ARNs, after any request."""

    def listed(self: Any, topic_arn: str, next_token: Any = None) -> Any:
        entries = []
        for arn in arns:
            entry = MotoSubscription("123456789012", self.topics[topic_arn], MAIL.endpoint, "email")
            entry.arn = arn
            entries.append(entry)
        return entries, None

    monkeypatch.setattr(SNSBackend, "list_subscriptions_by_topic", listed)


CONFIRMED = f"{TOPIC}:1b2c"


@pytest.mark.usefixtures("_topics")
@pytest.mark.parametrize(
    ("arns", "confirmed", "strays"),
    [
        ([CONFIRMED], True, ()),
        (["PendingConfirmation"], False, ()),
        (["pending confirmation"], False, ()),
        (["Deleted"], False, (UNSUBSCRIBED,)),
        (["Something"], False, ("Something",)),
        (["Deleted", "PendingConfirmation"], False, ()),
        (["Deleted", CONFIRMED], True, ()),
    ],
)
def test_every_word_in_the_place_of_the_arn_has_a_meaning(
    monkeypatch: pytest.MonkeyPatch, arns: list[str], confirmed: bool, strays: tuple[str, ...]
) -> None:
    lists(monkeypatch, *arns)
    seen = MAIL.observe(new_aws())
    assert seen
    assert (seen.confirmed, seen.strays) == (confirmed, strays)


@pytest.mark.usefixtures("_topics")
def test_an_address_that_left_by_its_link_is_subscribed_again(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is subscribed at once if AWS allows that, else the message says when (N5)."""
    workshop.run(one_node(MAIL), "up")
    lists(monkeypatch, "Deleted")
    finding = workshop.run(one_node(MAIL), "plan").changes["it"]
    assert finding.action is Action.UPDATE
    assert finding.causes == {Cause.DRIFT}
    with pytest.raises(TryLater, match="72 hours"):
        workshop.run(one_node(MAIL), "up")
    assert workshop.last.writes == ["Subscribe"]
    lists(monkeypatch, "Deleted", "PendingConfirmation")
    assert workshop.run(one_node(MAIL), "up").changes["it"].action is Action.KEEP
    lists(monkeypatch, "Deleted")
    workshop.run(one_node(MAIL), "down")
    assert workshop.last.writes == []


@pytest.mark.usefixtures("_topics")
def test_others_of_the_topic_stay(workshop: Workshop) -> None:
    for name in range(120):
        new_aws().sns.subscribe(
            TopicArn=TOPIC, Protocol="email", Endpoint=f"someone{name}@example.com"
        )
    workshop.run(one_node(MAIL), "up")
    assert workshop.run(one_node(MAIL), "up").changes["it"].action is Action.KEEP
    workshop.run(one_node(MAIL), "down")
    pages = new_aws().sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=TOPIC)
    assert sum(len(page["Subscriptions"]) for page in pages) == 120


@pytest.mark.usefixtures("_topics")
def test_same_address_by_another_protocol_is_another(workshop: Workshop) -> None:
    new_aws().sns.subscribe(TopicArn=TOPIC, Protocol="email-json", Endpoint=MAIL.endpoint)
    assert workshop.run(one_node(MAIL), "plan").changes["it"].action is Action.CREATE


@pytest.mark.usefixtures("_topics")
def test_subscription_that_goes_while_it_is_taken_back(workshop: Workshop) -> None:
    made = workshop.run(one_node(MAIL), "up").resources["it"]
    aws = new_aws()

    def gone(http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
        http_response.status_code = 404
        parsed["Error"] = {"Code": "NotFound", "Message": "Subscription does not exist"}

    aws.sns.meta.events.register("after-call.sns.Unsubscribe", gone)
    made.delete(aws)
    assert MAIL.observe(new_aws()) is None

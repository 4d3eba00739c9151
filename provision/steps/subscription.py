"""Who hears what a topic says: an address to which AWS sends, once it agrees."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Self

from provision.aws import Aws
from provision.hazards import Harm, Risk, Risks
from provision.permissions.declare import EVERY, Declared, Test, calls
from provision.step import Computed, Fixed, Step
from provision.steps.absent import absent_is_fine
from provision.steps.parents import owner_of_topic


@dataclass(frozen=True, kw_only=True)
class Subscription(Step):
    """An e-mail address must confirm: until it does, `arn` is empty, and that is no difference.

    https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html
    """

    KIND = "sns.subscription"
    IDENTITY = ("topic", "protocol", "endpoint")
    RISKS = Risks(
        anew=(Risk(Harm.DOWNTIME, "alarms reach nobody until the address confirms"),), gap=""
    )
    CALLS = Declared(
        look=calls("sns", "{topic}", "ListSubscriptionsByTopic"),
        make=calls(
            "sns",
            "{topic}",
            "Subscribe",
            when=(
                Test("StringEquals", "sns:Endpoint", "{endpoint}"),
                Test("StringEquals", "sns:Protocol", "{protocol}"),
            ),
        ),
        remove=calls("sns", EVERY, "Unsubscribe"),
    )

    topic: Fixed[str]
    protocol: Fixed[str]
    endpoint: Fixed[str]
    arn: Computed[str] = ""

    def called(self) -> str:
        return f"{self.protocol} {self.endpoint}"

    def parent_owner(self, aws: Aws) -> str | None:
        return owner_of_topic(aws, self.topic)

    def observe(self, aws: Aws) -> Self | None:
        pages = aws.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=self.topic)
        with absent_is_fine():
            for page in pages:
                for found in page["Subscriptions"]:
                    if (found["Protocol"], found["Endpoint"]) == (self.protocol, self.endpoint):
                        return replace(self, arn=_confirmed(found["SubscriptionArn"]))
        return None

    def create(self, aws: Aws) -> Self:
        answer = aws.sns.subscribe(
            TopicArn=self.topic, Protocol=self.protocol, Endpoint=self.endpoint
        )
        return replace(self, arn=_confirmed(answer["SubscriptionArn"]))

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:  # noqa: ARG002
        """Every field is Fixed; there is nothing to update."""
        return have

    def delete(self, aws: Aws) -> None:
        """N4: one that was never confirmed cannot be taken back; it goes with the topic."""
        have = self.observe(aws)
        if have and have.arn:
            with absent_is_fine():
                aws.sns.unsubscribe(SubscriptionArn=have.arn)


def _confirmed(arn: str) -> str:
    """N4: until the address has confirmed, words stand in the place of the ARN."""
    return arn if arn.startswith("arn:") else ""

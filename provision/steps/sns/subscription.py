"""The subscription of an address to an SNS topic, which delivers once the address confirms."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final, Self

from provision.aws.client import Aws
from provision.errors import TryLater, WaitTimeout
from provision.model import iam
from provision.model.capabilities import HasParent
from provision.model.risks import Impact, Risk, Risks
from provision.model.step import Computed, Fixed
from provision.steps.not_found import ignore_not_found
from provision.steps.tagging import owner_in

UNSUBSCRIBED: Final = "unsubscribed by a link in its mail"
RELISTED: Final = 60.0
"""Seconds within which AWS lists an address that was subscribed again."""
_SILENT: Final = Risk(Impact.DOWNTIME, "no alarm is delivered until the address confirms")


@dataclass(frozen=True, kw_only=True)
class Subscription(HasParent):
    """A subscription of an address to a topic.

    An e-mail address must confirm: until it does, `arn` is empty, which is no difference. `strays`
    says in words why it receives nothing although AWS lists it.

    https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html
    """

    KIND = "sns.subscription"
    IDENTITY = ("topic", "protocol", "endpoint")
    RISKS = Risks(recreate=(_SILENT,), update={"strays": (_SILENT,)}, downtime="")
    API_CALLS = iam.ApiCalls(
        read=iam.calls("sns", "{topic}", "ListSubscriptionsByTopic"),
        write=iam.calls(
            "sns",
            "{topic}",
            "Subscribe",
            when=(
                iam.Condition("StringEquals", "sns:Endpoint", "{endpoint}"),
                iam.Condition("StringEquals", "sns:Protocol", "{protocol}"),
            ),
        ),
        delete=iam.calls("sns", iam.ANY_RESOURCE, "Unsubscribe"),
    )

    topic: Fixed[str]
    protocol: Fixed[str]
    endpoint: Fixed[str]
    strays: tuple[str, ...] = ()
    arn: Computed[str] = ""

    def called(self) -> str:
        return f"{self.protocol} {self.endpoint}"

    def parent_owner(self, aws: Aws) -> str | None:
        return owner_of_topic(aws, self.topic)

    @property
    def confirmed(self) -> bool:
        """Return whether the address receives the topic's messages."""
        return bool(self.arn)

    def observe(self, aws: Aws) -> Self | None:
        """Return the subscription, a confirmed one first.

        AWS also lists one that was unsubscribed, possibly together with its successor (N5).
        """
        found: list[Self] = []
        pages = aws.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=self.topic)
        with ignore_not_found():
            for page in pages:
                found += [
                    self._read(one["SubscriptionArn"])
                    for one in page.get("Subscriptions", [])
                    if (one["Protocol"], one["Endpoint"]) == (self.protocol, self.endpoint)
                ]
        return max(found, key=lambda one: (one.confirmed, not one.strays), default=None)

    def create(self, aws: Aws) -> Self:
        answer = aws.sns.subscribe(
            TopicArn=self.topic, Protocol=self.protocol, Endpoint=self.endpoint
        )
        return self._read(answer["SubscriptionArn"])

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:  # noqa: ARG002
        """Subscribe the address again, or raise `TryLater` if AWS does not accept it yet."""
        made = self.create(aws)

        def listed() -> bool | None:
            seen = self.observe(aws)
            return True if seen and not seen.strays else None

        try:
            aws.wait(f"AWS to list {self.endpoint} again", listed, budget=RELISTED)
        except WaitTimeout as error:  # AWS may refuse the address for 72 hours (N5)
            raise TryLater(
                f"AWS still lists {self.endpoint} as unsubscribed, for up to 72 hours, and sends"
                " it nothing",
                hint="run `provision up` again after that, or name another address in"
                " monitoring.email",
            ) from error
        return made

    def delete(self, aws: Aws) -> None:
        """Unsubscribe. AWS deletes an unconfirmed subscription only with the topic (N4)."""
        have = self.observe(aws)
        if have and have.arn:
            with ignore_not_found():
                aws.sns.unsubscribe(SubscriptionArn=have.arn)

    def _read(self, arn: str) -> Self:
        """Return the subscription with this `arn` of AWS.

        AWS shows a word instead of the ARN until the address confirms, and after it unsubscribed
        (N4, N5). An unknown word becomes the text of `strays`.
        """
        if arn.startswith("arn:"):
            return replace(self, arn=arn, strays=())
        match arn.replace(" ", "").lower():
            case "pendingconfirmation":
                return replace(self, arn="", strays=())
            case "deleted":
                return replace(self, arn="", strays=(UNSUBSCRIBED,))
        return replace(self, arn="", strays=(arn,))


def owner_of_topic(aws: Aws, arn: str) -> str | None:
    """Return the topic's owner tag: empty if it has none, None if there is no topic."""
    with ignore_not_found():
        return owner_in(aws.sns.list_tags_for_resource(ResourceArn=arn).get("Tags", []))
    return None

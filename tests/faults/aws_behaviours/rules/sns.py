"""Laws of SNS that the emulator lacks: comparison, checked principals, confirmation by mail."""

from __future__ import annotations

import json
from typing import Any

from tests.faults.aws_behaviours.frame import Call, Law, Lost, Refusal, World
from tests.faults.aws_behaviours.wire import Answer


class EqualOrRefused(Law):
    """A second create with equal settings succeeds, and is refused otherwise."""

    ROW = "N1"
    SERVICE = "sns"

    def __init__(self) -> None:
        self.tags: dict[str, dict[str, str]] = {}
        self.attributes: dict[str, dict[str, str]] = {}

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        name = _topic_of(call)
        if call.operation != "CreateTopic" or name not in self.tags:
            return None
        if _tags(call) != self.tags[name]:
            return _invalid("Tags Reason: Topic already exists with different tags")
        have = self.attributes[name]
        for key, value in call.params.get("Attributes", {}).items():
            if have.get(key) != value:
                return _invalid("Attributes Reason: Topic already exists with different attributes")
        return None

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        name = _topic_of(call)
        match call.operation:
            case "CreateTopic":
                self.tags.setdefault(name, _tags(call))
                self.attributes.setdefault(name, dict(call.params.get("Attributes", {})))
            case "TagResource":
                self.tags.setdefault(name, {}).update(_tags(call))
            case "UntagResource":
                for key in call.params["TagKeys"]:
                    self.tags.setdefault(name, {}).pop(key, None)
            case "SetTopicAttributes":
                known = self.attributes.setdefault(name, {})
                known[call.params["AttributeName"]] = call.params.get("AttributeValue", "")
            case "DeleteTopic":
                self.tags.pop(name, None)
                self.attributes.pop(name, None)
        return None


class PrincipalsMustBeKnown(Law):
    """A policy that names a new role is refused for some seconds."""

    ROW = "N2"
    SERVICE = "sns"

    def __init__(self) -> None:
        self.known: dict[str, float] = {}

    def concerns(self, call: Call) -> bool:
        return call.operation in {"CreateRole", "SetTopicAttributes", "CreateTopic"}

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        said = json.dumps(call.params)
        for arn, known in self.known.items():
            if arn in said and world.now() < known:
                return _invalid("Policy Error: PrincipalNotFound")
        return None

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        if call.operation == "CreateRole":
            self.known[answer["Role"]["Arn"]] = world.now() + world.delay(3, 30)
        return None


class MailMustBeConfirmed(Law):
    """A mail subscription has no ARN until its owner confirms, and cannot be deleted before."""

    ROW = "N4"
    SERVICE = "sns"
    OPERATIONS = frozenset({"Subscribe", "Unsubscribe", "ListSubscriptionsByTopic"})

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        if call.operation == "Unsubscribe" and ":" not in call.params["SubscriptionArn"]:
            return Refusal(
                "InvalidParameter",
                "Invalid parameter: SubscriptionArn Reason: Cannot unsubscribe a subscription that"
                " is pending confirmation",
            )
        return None

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        if call.operation == "Subscribe" and call.params["Protocol"] == "email":
            answer["SubscriptionArn"] = "pending confirmation"
        for found in answer.get("Subscriptions", []):
            if found["Protocol"] == "email":
                found["SubscriptionArn"] = "PendingConfirmation"
        return None


class TagsOneAtATime(Law):
    """Two changes of the tags of one topic within a second may conflict."""

    ROW = "N6"
    SERVICE = "sns"
    OPERATIONS = frozenset({"TagResource", "UntagResource"})

    def __init__(self) -> None:
        self.changed: dict[str, float] = {}

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        if world.now() < self.changed.get(call.params["ResourceArn"], 0):
            return Refusal(
                "ConcurrentAccess",
                "Can't perform multiple operations on a tag simultaneously. Perform the operations"
                " sequentially.",
            )
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        self.changed[call.params["ResourceArn"]] = world.now() + world.delay(0.2, 1)


class UnsubscribedStaysListed(Law):
    """An address unsubscribed by the link in a mail is listed as "Deleted" for up to 72 hours.

    A test puts the address into `left`.
    """

    ROW = "N5"
    SERVICE = "sns"
    OPERATIONS = frozenset({"Subscribe", "ListSubscriptionsByTopic"})

    def __init__(self) -> None:
        self.left: dict[str, float] = {}

    def leaves(self, address: str, now: float) -> None:
        self.left[address] = now + 72 * 3600

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        for found in answer.get("Subscriptions", []):
            if world.now() < self.left.get(found["Endpoint"], 0):
                found["SubscriptionArn"] = "Deleted"
        return None


def _topic_of(call: Call) -> str:
    """Return its name; most calls give its ARN, calls about tags as the resource."""
    given: dict[str, Any] = dict(call.params)
    arn: str = given.get("Name") or given.get("TopicArn") or given.get("ResourceArn") or ""
    return arn.rpartition(":")[2]


def _tags(call: Call) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in call.params.get("Tags", [])}


def _invalid(text: str) -> Refusal:
    return Refusal("InvalidParameter", f"Invalid parameter: {text}")


LAWS: tuple[type[Law], ...] = (
    EqualOrRefused,
    PrincipalsMustBeKnown,
    MailMustBeConfirmed,
    TagsOneAtATime,
    UnsubscribedStaysListed,
)

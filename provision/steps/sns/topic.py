"""The SNS topic to which alarms publish."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final, Self

from provision.aws.client import Aws
from provision.model import iam
from provision.model.capabilities import CheckedBeforeDeletion
from provision.model.risks import Impact, Risk, Risks
from provision.model.step import Computed, Document, Fixed, Tagged
from provision.steps.iam_policy import as_text, from_text
from provision.steps.not_found import ignore_not_found
from provision.steps.tagging import from_tag_list, tag_changes, tag_list

_TOPIC: Final = iam.arn("sns", "{name}")
_DEFAULT_SID: Final = "__default_statement_ID"
_OWNERS_ACTIONS: Final = (
    "SNS:AddPermission",
    "SNS:DeleteTopic",
    "SNS:GetTopicAttributes",
    "SNS:ListSubscriptionsByTopic",
    "SNS:Publish",
    "SNS:RemovePermission",
    "SNS:SetTopicAttributes",
    "SNS:Subscribe",
)


@dataclass(frozen=True, kw_only=True)
class Topic(Tagged, CheckedBeforeDeletion):
    """An SNS topic.

    `display`: the sender's name in mails. `key`: the ARN of a KMS key that admits CloudWatch, or
    empty for none; SNS's managed key would exclude the alarms. Without a `policy` it has AWS's
    default: only this account, its alarms included, may do anything.

    https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html
    """

    KIND = "sns.topic"
    IDENTITY = ("name",)
    RISKS = Risks(
        recreate=(Risk(Impact.DOWNTIME, "no alarm is delivered until addresses confirm again"),)
    )
    API_CALLS = iam.ApiCalls(
        read=iam.calls("sns", _TOPIC, "GetTopicAttributes", "ListTagsForResource"),
        write=(
            iam.call(
                "sns.CreateTopic",
                iam.Permission("sns:CreateTopic", (_TOPIC,)),
                iam.Permission("sns:TagResource", (_TOPIC,)),
            ),
            *iam.calls("sns", _TOPIC, "SetTopicAttributes", "TagResource", "UntagResource"),
        ),
        delete=iam.calls("sns", _TOPIC, "DeleteTopic"),
        computed={"arn": _TOPIC},
    )

    name: Fixed[str]
    display: str = ""
    policy: Document | None = None
    key: str = ""
    arn: Computed[str] = ""

    def observe(self, aws: Aws) -> Self | None:
        arn = self._arn(aws)
        with ignore_not_found():
            found = aws.sns.get_topic_attributes(TopicArn=arn).get("Attributes", {})
            policy = from_text(found["Policy"]) if found.get("Policy") else None
            return replace(
                self,
                display=found.get("DisplayName", ""),
                policy=None if policy and _is_default(policy, aws.location.account) else policy,
                key=found.get("KmsMasterKeyId", ""),
                tags=from_tag_list(aws.sns.list_tags_for_resource(ResourceArn=arn).get("Tags", [])),
                arn=arn,
            )
        return None

    def create(self, aws: Aws) -> Self:
        attributes = {}
        if self.display:
            attributes["DisplayName"] = self.display
        if self.policy:
            attributes["Policy"] = as_text(self.policy)
        if self.key:
            attributes["KmsMasterKeyId"] = self.key
        answer = aws.sns.create_topic(
            Name=self.name, Attributes=attributes, Tags=tag_list(self.tags)
        )
        return replace(self, arn=answer["TopicArn"])

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        if "tags" in changed:
            gone, new = tag_changes(have.tags, self.tags)
            if gone:
                aws.sns.untag_resource(ResourceArn=have.arn, TagKeys=gone)
            if new:
                aws.sns.tag_resource(ResourceArn=have.arn, Tags=tag_list(new))
        if "display" in changed:
            self._set(aws, "DisplayName", self.display)
        if "policy" in changed:
            policy = self.policy or _default(have.arn, aws.location.account)
            self._set(aws, "Policy", as_text(policy))
        if "key" in changed:
            self._set(aws, "KmsMasterKeyId", self.key)
        return replace(self, arn=have.arn)

    def delete(self, aws: Aws) -> None:
        aws.sns.delete_topic(TopicArn=self._arn(aws))  # succeeds even if there is none (N4)

    def _arn(self, aws: Aws) -> str:
        return self.arn or aws.location.arn("sns", self.name)

    def _set(self, aws: Aws, attribute: str, value: str) -> None:
        aws.sns.set_topic_attributes(
            TopicArn=self._arn(aws), AttributeName=attribute, AttributeValue=value
        )


def _default(arn: str, account: str) -> Document:
    """Return the policy that AWS gives every topic; no request resets a topic to it (N3)."""
    return {
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [
            {
                "Sid": _DEFAULT_SID,
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": list(_OWNERS_ACTIONS),
                "Resource": arn,
                "Condition": {"StringEquals": {"AWS:SourceOwner": account}},
            }
        ],
    }


def _is_default(policy: Document, account: str) -> bool:
    """Return whether it is AWS's default statement for this account only, with any actions."""
    match policy["Statement"]:
        case [{"Sid": str(sid), "Condition": {"StringEquals": dict(tests), **others}}]:
            return sid == _DEFAULT_SID and not others and list(tests.values()) == [[account]]
    return False

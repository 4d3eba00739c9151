"""The SQS queue for dead letters: its retention, its encryption and its policy."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

from provision.aws.client import Aws
from provision.model import iam
from provision.model.capabilities import CheckedBeforeDeletion, KeepsMessages
from provision.model.risks import Impact, Risk, Risks, decreased
from provision.model.step import Computed, Document, Fixed, Tagged
from provision.steps.iam_policy import as_text, from_text
from provision.steps.not_found import ignore_not_found
from provision.steps.tagging import tag_changes, without_system

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeNameType

SSE: Final = "sqs"
"""Encryption with a key that SQS owns."""
NONE: Final = "none"

GONE_BUDGET: Final = 180
_COUNTS: Final[list[QueueAttributeNameType]] = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
]
MISSES: Final = 3
"""How many consecutive "not found" answers show that a queue is deleted."""
_QUEUE: Final = iam.arn("sqs", "{name}")


@dataclass(frozen=True, kw_only=True)
class Queue(Tagged, CheckedBeforeDeletion, KeepsMessages):
    """An SQS queue.

    `retention` and `visibility`: in seconds. `encryption`: "sqs" for a key that SQS owns, the ARN
    of a KMS key, or "none". Without a `policy`, only principals of this account may use it, as far
    as their own policies allow.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
    """

    KIND = "sqs.queue"
    IDENTITY = ("name",)
    RISKS = Risks(
        recreate=(Risk(Impact.SLOW, "AWS frees the name", 60),),  # (Q2)
        update={
            "retention": (Risk(Impact.DATA_LOSS, "older messages are deleted", when=decreased),)
        },
        downtime="events that fail meanwhile are lost",
    )
    API_CALLS = iam.ApiCalls(
        read=iam.calls("sqs", _QUEUE, "GetQueueAttributes", "GetQueueUrl", "ListQueueTags"),
        write=(
            iam.call(
                "sqs.CreateQueue",
                iam.Permission("sqs:CreateQueue", (_QUEUE,)),
                iam.Permission("sqs:TagQueue", (_QUEUE,)),
            ),
            *iam.calls("sqs", _QUEUE, "SetQueueAttributes", "TagQueue", "UntagQueue"),
        ),
        delete=iam.calls("sqs", _QUEUE, "DeleteQueue"),
        computed={"arn": _QUEUE},
    )

    name: Fixed[str]
    retention: int = 1_209_600
    visibility: int = 30
    encryption: str = SSE
    policy: Document | None = None
    url: Computed[str] = ""
    arn: Computed[str] = ""

    def policy_variables(self) -> Mapping[str, object]:
        """Return the fields, and `key_arn`: the KMS key, or "" without one."""
        key = self.encryption if self.encryption not in {SSE, NONE} else ""
        return {**vars(self), "key_arn": key}

    def observe(self, aws: Aws) -> Self | None:
        with ignore_not_found():
            url = self._find(aws)
            found = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"]).get(
                "Attributes", {}
            )
            policy = found.get("Policy")
            return replace(
                self,
                retention=int(found["MessageRetentionPeriod"]),
                visibility=int(found["VisibilityTimeout"]),
                encryption=_encryption(found),
                policy=from_text(policy) if policy else None,
                tags=without_system(aws.sqs.list_queue_tags(QueueUrl=url).get("Tags", {})),
                url=url,
                arn=found["QueueArn"],
            )
        return None

    def create(self, aws: Aws) -> Self:
        fields = {"retention", "visibility", "encryption", *(["policy"] if self.policy else [])}
        url = aws.sqs.create_queue(
            QueueName=self.name, Attributes=self._attributes(fields), tags=dict(self.tags)
        )["QueueUrl"]
        return replace(self, url=url, arn=aws.location.arn("sqs", self.name))

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        if "tags" in changed:
            gone, new = tag_changes(have.tags, self.tags)
            if gone:
                aws.sqs.untag_queue(QueueUrl=have.url, TagKeys=gone)
            if new:
                aws.sqs.tag_queue(QueueUrl=have.url, Tags=new)
        if "encryption" in changed and _is_key(have.encryption) and not _is_key(self.encryption):
            # AWS refuses SQS's own encryption together with a KMS key (Q7).
            aws.sqs.set_queue_attributes(QueueUrl=have.url, Attributes={"KmsMasterKeyId": ""})
        if attributes := self._attributes(changed):
            aws.sqs.set_queue_attributes(QueueUrl=have.url, Attributes=attributes)
        return replace(self, url=have.url, arn=have.arn)

    def delete(self, aws: Aws) -> None:
        with ignore_not_found():
            aws.sqs.delete_queue(QueueUrl=self._find(aws))
        self._wait_gone(aws)

    def messages_waiting(self, aws: Aws) -> int:
        """Return SQS's estimate of all messages: visible, being received, and delayed (Q19)."""
        with ignore_not_found():
            found = aws.sqs.get_queue_attributes(QueueUrl=self._find(aws), AttributeNames=_COUNTS)
            return sum(int(found.get("Attributes", {}).get(name, "0")) for name in _COUNTS)
        return 0

    def saving_hint(self, node: str) -> str:
        function = node.removeprefix("function.").removesuffix(".dead_letters")
        if node != f"function.{function}.dead_letters":
            return ""
        file = shlex.quote(f"{function}.jsonl")
        return f"`provision dlq save {shlex.quote(function)} {file}` keeps them in a file"

    def _wait_gone(self, aws: Aws) -> None:
        """Wait until the queue is certainly deleted.

        For up to 60 seconds it may still answer at times (Q5). An `up` right afterwards would keep
        it and then have none.
        """
        enough = MISSES if aws.access.deletes_lag else 1
        misses = 0

        def still_there() -> bool:
            nonlocal misses
            with ignore_not_found():
                aws.sqs.get_queue_url(QueueName=self.name)
                misses = 0
                return True
            misses += 1
            return misses < enough

        aws.wait_until_gone(f"queue {self.name}", still_there, budget=GONE_BUDGET)

    def _find(self, aws: Aws) -> str:
        return self.url or aws.sqs.get_queue_url(QueueName=self.name)["QueueUrl"]

    def _attributes(self, fields: Collection[str]) -> dict[QueueAttributeNameType, str]:
        """Return the attributes as text; AWS keeps omitted ones, so defaults are sent too (Q7)."""
        attributes: dict[QueueAttributeNameType, str] = {}
        if "retention" in fields:
            attributes["MessageRetentionPeriod"] = str(self.retention)
        if "visibility" in fields:
            attributes["VisibilityTimeout"] = str(self.visibility)
        if "policy" in fields:
            attributes["Policy"] = as_text(self.policy) if self.policy else ""
        if "encryption" in fields:
            attributes["SqsManagedSseEnabled"] = str(self.encryption == SSE).lower()
            if _is_key(self.encryption):
                attributes["KmsMasterKeyId"] = self.encryption
        return attributes


def _is_key(encryption: str) -> bool:
    return encryption not in {SSE, NONE}


def _encryption(found: Mapping[QueueAttributeNameType, str]) -> str:
    """Return a KMS key's ARN, `SSE` or `NONE`; the two encryptions exclude each other (Q7)."""
    if key := found.get("KmsMasterKeyId"):
        return key
    return SSE if found.get("SqsManagedSseEnabled", "false").lower() == "true" else NONE

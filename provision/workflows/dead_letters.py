"""Reads and empties the dead-letter queues of functions, message by message.

SQS's own redrive does not serve queues that Lambda writes to (Q8). A message is received to be
seen, which hides it for a while and leaves it in the queue.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from provision.aws.client import Aws
from provision.aws.failed_call import NO_GOOD_ANSWER
from provision.errors import NotOwned, ProvisionError, TryLater
from provision.model import iam
from provision.model.step import OWNER
from provision.steps.not_found import found_or_none
from provision.workflows.health import QUERIES
from provision.workflows.letter import Letter, parse

QUEUE: Final = iam.arn("sqs", "{name}")
CALLS: Final = (
    *iam.calls(
        "sqs",
        QUEUE,
        "DeleteMessage",
        "GetQueueAttributes",
        "GetQueueUrl",
        "ListQueueTags",
        "PurgeQueue",
    ),
    iam.call(
        "sqs.ReceiveMessage",
        iam.Permission("sqs:ReceiveMessage", (QUEUE,)),
        iam.Permission(
            "kms:Decrypt",
            ("{key_arn}",),
            (iam.Condition("StringEquals", "kms:ViaService", "sqs.{region}.{dns_suffix}"),),
            (iam.OWNED,),
            if_set="key_arn",
        ),
    ),
    iam.call(
        "sqs.ChangeMessageVisibilityBatch",
        iam.Permission("sqs:ChangeMessageVisibility", (QUEUE,)),
    ),
    iam.call("sqs.DeleteMessageBatch", iam.Permission("sqs:DeleteMessage", (QUEUE,))),
)
"""The calls for one queue, with the fields of its step."""
AGE_CALLS: Final = iam.calls("cloudwatch", iam.ANY_RESOURCE, "GetMetricData")
"""The call for the ages of all queues."""
AT_ONCE: Final = 10
"""The most messages of one call."""
EMPTY_ANSWERS: Final = 2
"""How many answers in a row without a message show that none is left (Q11)."""
_HIDDEN: Final = 10
_LONGEST_HIDDEN: Final = 600
_LATEST_AGES: Final = timedelta(minutes=15)


@dataclass(frozen=True)
class LetterQueue:
    """The dead-letter queue of a function, named as in config.yaml, and its counts.

    `asked_at` is when AWS counted, in milliseconds since 1970 by its own clock.
    """

    function: str
    name: str
    url: str
    waiting: int
    in_flight: int
    delayed: int
    asked_at: int
    visibility_timeout: int = 30
    """Seconds for which SQS hides a message from others if its reader does not say it."""

    @property
    def messages(self) -> int:
        return self.waiting + self.in_flight + self.delayed


def read_queue(aws: Aws, owner_prefix: str, function: str, name: str) -> LetterQueue | None:
    """Return the queue; None if it does not exist. Raises `NotOwned` if it is foreign.

    `mark` is the beginning of the stack's owner tags.
    """
    url = found_or_none(lambda: aws.sqs.get_queue_url(QueueName=name)["QueueUrl"])
    if url is None:
        return None
    owner = aws.sqs.list_queue_tags(QueueUrl=url).get("Tags", {}).get(OWNER, "")
    if not owner.startswith(f"{owner_prefix}/"):
        raise NotOwned(
            f"the queue {name} does not belong to this stack: not touched",
            hint="`provision plan` shows what it is",
        )
    return _counted(aws, function, name, url)


def _counted(aws: Aws, function: str, name: str, url: str) -> LetterQueue:
    answer = aws.sqs.get_queue_attributes(
        QueueUrl=url,
        AttributeNames=[
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
            "VisibilityTimeout",
        ],
    )
    counts = answer.get("Attributes", {})
    return LetterQueue(
        function,
        name,
        url,
        int(counts.get("ApproximateNumberOfMessages", 0)),
        int(counts.get("ApproximateNumberOfMessagesNotVisible", 0)),
        int(counts.get("ApproximateNumberOfMessagesDelayed", 0)),
        _aws_time(aws, answer["ResponseMetadata"].get("HTTPHeaders", {})),
        int(counts.get("VisibilityTimeout", 30)),
    )


def count_hidden(aws: Aws, queue: LetterQueue, seen: int, left: int) -> int:
    """Return how many messages could not be received although the queue has them.

    `seen` of those that were counted were received, and `left` of them are still in the queue. They
    are counted again: the first count may have had some that were deleted just before.
    """
    if queue.messages <= seen:
        return 0
    again = _counted(aws, queue.function, queue.name, queue.url)
    return max(0, min(queue.messages - seen, again.messages - left))


def longest_hidden(queue: LetterQueue) -> int:
    """Return for how many seconds a reader that was killed may hide messages, as `peek` does."""
    most = _HIDDEN + queue.messages // AT_ONCE
    return max(queue.visibility_timeout, min(most, _LONGEST_HIDDEN))


def oldest_ages(aws: Aws, queues: Sequence[LetterQueue]) -> dict[str, int]:
    """Return the age in seconds of the oldest message of each queue, by the queue's name.

    SQS reports it once a minute as a metric, and only while the queue is in use (Q13). A queue
    without messages, or without a recent metric, is left out.
    """
    filled = [queue for queue in queues if queue.messages][:QUERIES]
    if not filled:
        return {}
    end = aws.clock.today() + timedelta(minutes=1)
    answer = aws.cloudwatch.get_metric_data(
        MetricDataQueries=[
            {
                "Id": f"age{number}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/SQS",
                        "MetricName": "ApproximateAgeOfOldestMessage",
                        "Dimensions": [{"Name": "QueueName", "Value": queue.name}],
                    },
                    "Period": 60,
                    "Stat": "Maximum",
                },
            }
            for number, queue in enumerate(filled)
        ],
        StartTime=end - _LATEST_AGES,
        EndTime=end,
        ScanBy="TimestampDescending",
    )
    newest = {
        result["Id"]: int(values[0])
        for result in answer.get("MetricDataResults", [])
        if (values := result.get("Values", []))
    }
    named = ((queue.name, newest.get(f"age{number}")) for number, queue in enumerate(filled))
    return {name: age for name, age in named if age is not None}


def receive(aws: Aws, url: str, most: int, hidden: int) -> list[Letter]:
    """Receive up to `most` messages, which stay hidden for that many seconds."""
    answer = aws.sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=min(most, AT_ONCE),
        VisibilityTimeout=hidden,
        WaitTimeSeconds=1,
        MessageAttributeNames=["All"],
        MessageSystemAttributeNames=["All"],
    )
    return [parse(message) for message in answer.get("Messages", [])]


@contextmanager
def received(aws: Aws, queue: LetterQueue, most: int) -> Iterator[list[Letter]]:
    """Yield up to `most` messages, oldest first, each once, hidden from other readers.

    At the end of the block they can be received again, except those that it has deleted.
    """
    hidden = min(_HIDDEN + min(most, queue.messages) // AT_ONCE, _LONGEST_HIDDEN)
    found: dict[str, Letter] = {}
    empty = 0
    try:
        while len(found) < most and empty < EMPTY_ANSWERS:
            letters = receive(aws, queue.url, most - len(found), hidden)
            empty = 0 if any(letter.id not in found for letter in letters) else empty + 1
            found |= {letter.id: letter for letter in letters}  # the latest handle counts (Q12)
        yield sorted(found.values(), key=lambda letter: (letter.sent, letter.id))
    finally:
        release(aws, queue.url, [letter.handle for letter in found.values()])


def peek(aws: Aws, queue: LetterQueue, most: int) -> list[Letter]:
    """Return up to `most` messages, oldest first, each once, and let them be seen again."""
    with received(aws, queue, most) as letters:
        return letters


def delete_all(aws: Aws, url: str, letters: Sequence[Letter]) -> int:
    """Delete these messages and no others, and return how many SQS deleted."""
    deleted = 0
    for first in range(0, len(letters), AT_ONCE):
        answer = aws.sqs.delete_message_batch(
            QueueUrl=url,
            Entries=[
                {"Id": str(number), "ReceiptHandle": letter.handle}
                for number, letter in enumerate(letters[first : first + AT_ONCE])
            ],
        )
        deleted += len(answer.get("Successful", []))
    return deleted


def release(aws: Aws, url: str, handles: Collection[str]) -> None:
    """Let the messages be received again at once. Those for which it fails come back by time."""
    left = list(handles)
    for first in range(0, len(left), AT_ONCE):
        some = left[first : first + AT_ONCE]
        try:
            aws.sqs.change_message_visibility_batch(
                QueueUrl=url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                    for number, handle in enumerate(some)
                ],
            )
        except (*NO_GOOD_ANSWER, ProvisionError):
            return


def delete(aws: Aws, url: str, handle: str) -> None:
    aws.sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)


def purge(aws: Aws, queue: LetterQueue) -> None:
    """Delete all messages. Raises `TryLater` within 60 s after another purge (Q9)."""
    try:
        aws.sqs.purge_queue(QueueUrl=queue.url)
    except aws.sqs.exceptions.PurgeQueueInProgress as error:
        raise TryLater(
            f"{queue.name} was purged less than 60 seconds ago",
            hint="AWS purges a queue once a minute: run it again in a minute",
        ) from error


def _aws_time(aws: Aws, headers: Mapping[str, str]) -> int:
    """Return the time of an answer in milliseconds, to the end of its second.

    It comes from AWS, whose clock the messages' times are from too.
    """
    try:
        at = parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError):
        at = aws.clock.today()
    return int(at.timestamp()) * 1000 + 999

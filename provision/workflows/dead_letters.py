"""Reads and empties the dead-letter queues of functions, message by message.

SQS's own redrive does not serve queues that Lambda writes to (Q8). A message is received to be
seen, which hides it for a while and leaves it in the queue.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from provision.aws.client import Aws
from provision.aws.failed_call import NO_GOOD_ANSWER
from provision.errors import NotOwned, TryLater
from provision.model import iam
from provision.model.step import OWNER
from provision.steps.not_found import found_or_none

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

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
    iam.call("sqs.ReceiveMessage", iam.Permission("sqs:ReceiveMessage", (QUEUE,))),
    iam.call(
        "sqs.ChangeMessageVisibilityBatch",
        iam.Permission("sqs:ChangeMessageVisibility", (QUEUE,)),
    ),
)
"""The calls for one queue, with the fields of its step."""
AT_ONCE: Final = 10
"""The most messages of one call."""
EMPTY_ANSWERS: Final = 2
"""How many answers in a row without a message show that none is left (Q11)."""
_HIDDEN: Final = 10
_LONGEST_HIDDEN: Final = 600


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

    @property
    def messages(self) -> int:
        return self.waiting + self.in_flight + self.delayed


@dataclass(frozen=True)
class Letter:
    """A message: the event that failed, and what Lambda says about the failure (Q10).

    `event` is None if the body is no JSON. `sent` is in milliseconds since 1970; `received` counts
    how often it was received, now included.
    """

    id: str
    handle: str = field(repr=False)
    sent: int
    received: int
    body: str = field(repr=False)
    request: str = ""
    code: str = ""
    error: str = ""
    event: tuple[Any] | None = field(default=None, repr=False)

    @property
    def payload(self) -> bytes:
        """The event as it is sent to the function."""
        assert self.event is not None
        return json.dumps(self.event[0], ensure_ascii=False).encode()


def read_queue(aws: Aws, mark: str, function: str, name: str) -> LetterQueue | None:
    """Return the queue; None if it does not exist. Raises `NotOwned` if it is foreign.

    `mark` is the beginning of the stack's owner tags.
    """
    url = found_or_none(lambda: aws.sqs.get_queue_url(QueueName=name)["QueueUrl"])
    if url is None:
        return None
    owner = aws.sqs.list_queue_tags(QueueUrl=url).get("Tags", {}).get(OWNER, "")
    if not owner.startswith(f"{mark}/"):
        raise NotOwned(
            f"the queue {name} does not belong to this stack: not touched",
            hint="`provision plan` shows what it is",
        )
    answer = aws.sqs.get_queue_attributes(
        QueueUrl=url,
        AttributeNames=[
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
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
    )


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


def peek(aws: Aws, queue: LetterQueue, most: int) -> list[Letter]:
    """Return up to `most` messages, oldest first, each once, and let them be seen again."""
    hidden = min(_HIDDEN + most // AT_ONCE, _LONGEST_HIDDEN)
    found: dict[str, Letter] = {}
    handles: dict[str, str] = {}
    empty = 0
    try:
        while len(found) < most and empty < EMPTY_ANSWERS:
            letters = receive(aws, queue.url, most - len(found), hidden)
            new = [letter for letter in letters if letter.id not in found]
            handles |= {letter.id: letter.handle for letter in letters}
            found |= {letter.id: letter for letter in new}
            empty = 0 if new else empty + 1
    finally:
        release(aws, queue.url, handles.values())
    return sorted(found.values(), key=lambda letter: (letter.sent, letter.id))


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
        except NO_GOOD_ANSWER:
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


def parse(message: MessageTypeDef) -> Letter:
    """Return the message with the event and the failure, from either form of a body (Q10)."""
    system = message.get("Attributes", {})
    own = {
        name: str(value.get("StringValue", ""))
        for name, value in message.get("MessageAttributes", {}).items()
    }
    body = message.get("Body", "")
    event = _json(body)
    letter = Letter(
        id=message["MessageId"],
        handle=message["ReceiptHandle"],
        sent=int(system.get("SentTimestamp", 0)),
        received=int(system.get("ApproximateReceiveCount", 0)),
        body=body,
        request=own.get("RequestID", ""),
        code=own.get("ErrorCode", ""),
        error=own.get("ErrorMessage", ""),
        event=event,
    )
    if event and not own and _is_record(event[0]):
        return _of_record(letter, event[0])
    return letter


def as_line(letter: Letter) -> str:
    """Return the message as one line of JSON."""
    fields = {
        "id": letter.id,
        "sent": letter.sent,
        "request": letter.request or None,
        "code": letter.code or None,
        "error": letter.error or None,
        "event": letter.event[0] if letter.event else letter.body,
    }
    return json.dumps(fields)


def lines(letters: Iterable[Letter]) -> Iterator[bytes]:
    for letter in letters:
        yield f"{as_line(letter)}\n".encode()


def _aws_time(aws: Aws, headers: Mapping[str, str]) -> int:
    """Return the time of an answer in milliseconds, to the end of its second.

    It comes from AWS, whose clock the messages' times are from too.
    """
    try:
        at = parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError):
        at = aws.clock.today()
    return int(at.timestamp()) * 1000 + 999


def _json(text: str) -> tuple[Any] | None:
    try:
        return (json.loads(text),)
    except (ValueError, RecursionError):
        return None


def _is_record(event: object) -> bool:
    """Return whether it is the record that Lambda sends to a destination."""
    return (
        isinstance(event, dict)
        and {"version", "requestContext", "requestPayload"} <= event.keys()
        and isinstance(event["requestContext"], dict)
        and "condition" in event["requestContext"]
    )


def _of_record(letter: Letter, record: Mapping[str, Any]) -> Letter:
    context, answer = record["requestContext"], record.get("responsePayload")
    answer = answer if isinstance(answer, dict) else {}
    return Letter(
        id=letter.id,
        handle=letter.handle,
        sent=letter.sent,
        received=letter.received,
        body=letter.body,
        request=str(context.get("requestId") or ""),
        code=str(answer.get("errorType") or context["condition"] or ""),
        error=str(answer.get("errorMessage") or ""),
        event=(record["requestPayload"],),
    )

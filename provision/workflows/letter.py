"""A message of a dead-letter queue: the event that failed, and why, from either form of a body."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef


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

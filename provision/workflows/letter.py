"""A message of a dead-letter queue: the event that failed, and why, from either form of a body."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from provision.workflows import json_text

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef


@dataclass(frozen=True)
class Letter:
    """A message: the event that failed, and what Lambda or Scheduler says of the failure (Q10, E6).

    `event` is None if the body is no JSON; `text` is the event as it is written, or the body.
    `sent` is in milliseconds since 1970; `received` counts how often it was received, now included.
    """

    id: str
    handle: str = field(repr=False)
    sent: int
    received: int
    text: str = field(repr=False)
    request: str = ""
    code: str = ""
    error: str = ""
    event: tuple[Any] | None = field(default=None, repr=False)

    @property
    def payload(self) -> bytes:
        """The event as it came, which is how it is sent to the function."""
        assert self.event is not None
        return json_text.as_bytes(self.text)

    @property
    def shown(self) -> Any:
        """The event for a document: its value, or its text where no document can have the value."""
        fits = self.event and json_text.fits_document(self.event[0])
        return self.event[0] if self.event and fits else self.text


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
        text=body,
        request=own.get("RequestID", ""),
        # EventBridge Scheduler writes them otherwise (E6).
        code=own.get("ErrorCode") or own.get("ERROR_CODE", ""),
        error=own.get("ErrorMessage") or own.get("ERROR_MESSAGE", ""),
        event=event,
    )
    if event and not own and _is_record(event[0]):
        return _of_record(letter, event[0])
    return letter


def as_line(letter: Letter) -> str:
    """Return the message as one line of JSON, with the event as it is written."""
    fields = {
        "id": letter.id,
        "sent": letter.sent,
        "request": letter.request or None,
        "code": letter.code or None,
        "error": letter.error or None,
    }
    event = json_text.as_ascii_line(letter.text) if letter.event else json.dumps(letter.text)
    return f'{json.dumps(fields)[:-1]}, "event": {event}}}'


def lines(letters: Iterable[Letter]) -> Iterator[bytes]:
    for letter in letters:
        yield f"{as_line(letter)}\n".encode()


def _json(text: str) -> tuple[Any] | None:
    try:
        return (json_text.parse(text),)
    except ValueError:
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
        text=json_text.member_text(letter.text, "requestPayload"),
        request=str(context.get("requestId") or ""),
        code=str(answer.get("errorType") or context["condition"] or ""),
        error=str(answer.get("errorMessage") or ""),
        event=(record["requestPayload"],),
    )

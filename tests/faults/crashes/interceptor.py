"""The connection between the AWS SDK and the emulated AWS, at which runs are disturbed.

It counts every request. At a wanted one the process forks: the child has the account as it is then,
at no cost, and continues with one disturbance: its end, a lost answer, or a 500. The parent
continues undisturbed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from moto.core.models import botocore_stubber

from provision.aws.access import READ_PREFIXES

Answer = tuple[int, dict[str, str], str | bytes] | None


class Way(StrEnum):
    """How a call fails. In the first two ways the process ends; in the others it continues."""

    BEFORE = "killed before"
    AFTER = "killed after"
    LOST = "answer lost"
    ERROR = "500"

    @property
    def kills(self) -> bool:
        return self in {Way.BEFORE, Way.AFTER}


MEANING = {
    Way.BEFORE: "the process is killed before the call is sent",
    Way.AFTER: "the process is killed after AWS did it, before the answer is read",
    Way.LOST: "AWS did it, and the answer never comes (read timeout at calls of odd number, reset "
    "connection at even ones); the process lives",
    Way.ERROR: "AWS did it and answers HTTP 500; the process lives",
}


@dataclass(frozen=True)
class Call:
    """The nth request of a command, from 1."""

    number: int
    service: str
    operation: str

    @property
    def write(self) -> bool:
        return not self.operation.startswith(READ_PREFIXES)

    def __str__(self) -> str:
        return f"{self.number} {self.service} {self.operation}"


@dataclass
class Line:
    """Passes every call to `meet` before it is sent, which returns how it fails, if it does."""

    meet: Callable[[Call], Way | None] = lambda call: None
    killed: Callable[[], None] = lambda: None
    """Called where the process ends; must not return."""
    count: int = 0
    writes: int = 0
    calls: list[Call] = field(default_factory=list)
    _now: tuple[str, str] = ("", "")

    def watch(self, client: Any) -> None:
        """Record the name of the request about to be sent, as the `prepare` of an Access."""
        client.meta.events.register("before-send.*.*", self._named)

    def unwatch(self, client: Any) -> None:
        client.meta.events.unregister("before-send.*.*", self._named)

    def _named(self, event_name: str, **_: object) -> None:
        _before, service, operation = event_name.split(".")
        self._now = (service, operation)

    def carry(self, request: AWSPreparedRequest, send: Callable[[Any], Answer]) -> Answer:
        self.count += 1
        call = Call(self.count, *self._now)
        self.calls.append(call)
        way = self.meet(call)
        if way is Way.BEFORE:
            self.killed()
        answer = send(request)
        self.writes += call.write
        if way is Way.AFTER:
            self.killed()
        if way is Way.LOST:
            lost = ReadTimeoutError if call.number % 2 else ConnectionClosedError
            raise lost(endpoint_url=request.url)
        return (500, {}, "<html>Internal Server Error</html>") if way is Way.ERROR else answer

    @contextmanager
    def laid(self) -> Iterator[None]:
        """Lead every request of this process through this line."""
        with pytest.MonkeyPatch.context() as patch:
            send = botocore_stubber.process_request
            patch.setattr(
                botocore_stubber, "process_request", lambda request: self.carry(request, send)
            )
            yield

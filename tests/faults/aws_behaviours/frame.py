"""The frame for laws of AWS: the interface of a law, and the court that applies all of them.

A law is one row of docs/aws-behaviours.md. It is placed between boto3 and the emulator, sees every
call of its operations before the emulator does (`before`) and every good answer afterwards
(`after`), and remembers in its own attributes when each resource was created. One court outlives
many processes: it is the account. Its clock is virtual.
"""

from __future__ import annotations

import copy
import random
import threading
from abc import ABC
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ReadTimeoutError
from botocore.model import OperationModel
from moto.core.botocore_stubber import MockRawResponse
from moto.core.models import botocore_stubber

from provision.aws.access import READ_PREFIXES
from provision.clock import Clock
from tests.faults.aws_behaviours.wire import (
    Answer,
    Reply,
    decode_answer,
    encode_answer,
    encode_error,
    http_headers,
)

NOWHERE = "http://answered.invalid/"


@dataclass(frozen=True)
class Call:
    """One request; `service` is boto3's name of it."""

    service: str
    operation: str
    params: Mapping[str, Any]

    @property
    def write(self) -> bool:
        return not self.operation.startswith(READ_PREFIXES)


@dataclass(frozen=True)
class Refusal:
    """The error AWS answers with."""

    code: str
    message: str
    status: int = 400


@dataclass(frozen=True)
class Lost:
    """AWS carried the call out, but its answer is lost."""


@dataclass
class World:
    """Time and chance, the same for all laws of one account."""

    clock: Clock
    random: random.Random

    def now(self) -> float:
        return self.clock.now()

    def delay(self, shortest: float, longest: float) -> float:
        """Return seconds, different every time, the same for one seed."""
        return self.random.uniform(shortest, longest)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability


class Law(ABC):
    """One row; override `before`, `after` or both."""

    ROW: ClassVar[str]
    ALSO: ClassVar[frozenset[str]] = frozenset()
    """Further rows that the same law enforces."""
    SERVICE: ClassVar[str]
    OPERATIONS: ClassVar[frozenset[str]] = frozenset()
    """The operations it applies to; empty for all of the service."""

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        """Refuse, answer in the emulator's place, or let the call through."""
        return None

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        """Change a good answer (in place, or by returning another), replace or lose it."""
        return None

    def concerns(self, call: Call) -> bool:
        return call.service == self.SERVICE and (
            not self.OPERATIONS or call.operation in self.OPERATIONS
        )


@dataclass(frozen=True)
class Sent:
    """One request that was sent, when, and the laws' effect on it."""

    at: float
    call: Call
    row: str | None = None
    refusal: Refusal | None = None
    done: bool = True
    """Whether AWS carried it out, with any answer."""
    lost: bool = False


@dataclass
class Court:
    """Applies all laws to every call; `latency` is the seconds each call takes."""

    laws: Iterable[Law]
    clock: Clock
    seed: int = 0
    latency: float = 0.0
    sent: list[Sent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.laws = tuple(self.laws)
        self.world = World(self.clock, random.Random(self.seed))
        self._mutex = threading.RLock()
        self._local = threading.local()

    # -- between a boto3 client and moto -----------------------------------------------------

    def install(self, client: Any) -> None:
        """Apply the laws to a client, as `Access.on_client_created` or for a test's client."""
        client.meta.events.register_last("before-parameter-build.*.*", self._remember)
        client.meta.events.register_first("before-send.*.*", self._send)

    def _remember(self, params: Mapping[str, Any], model: OperationModel, **_: Any) -> None:
        call = Call(model.service_model.service_name, model.name, copy.deepcopy(dict(params)))
        self._local.pending = (model, call)

    def _send(self, event_name: str, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        model, call = self._local.pending

        def emulate() -> Reply:
            answered = botocore_stubber(event_name, request)
            assert answered is not None
            return Reply(answered.status_code, answered.headers, answered.content)

        reply = self.hear(model, call, emulate)
        request.url = NOWHERE  # so that moto, asked after us, does not do it again
        raw = MockRawResponse(reply.body)
        return AWSResponse(NOWHERE, reply.status, http_headers(reply), raw)

    # -- judging -----------------------------------------------------------------------------

    def hear(self, model: OperationModel, call: Call, send: Callable[[], Reply]) -> Reply:
        """Return the reply to the call: a law's refusal, or `send`'s reply as the laws alter it."""
        if self.latency:
            self.clock.sleep(self.latency)
        laws = [law for law in self.laws if law.concerns(call)]
        with self._mutex:
            for law in laws:
                verdict = law.before(call, self.world)
                if verdict is not None:
                    return self._instead(model, call, law, verdict)
        reply = send()
        with self._mutex:
            return self._afterwards(model, call, laws, reply)

    def _instead(
        self, model: OperationModel, call: Call, law: Law, verdict: Refusal | Answer
    ) -> Reply:
        if isinstance(verdict, Refusal):
            self._note(call, law.ROW, verdict, done=False)
            return encode_error(model, verdict.code, verdict.message, verdict.status)
        self._note(call)
        return encode_answer(model, verdict)

    def _afterwards(
        self, model: OperationModel, call: Call, laws: list[Law], reply: Reply
    ) -> Reply:
        watching = [law for law in laws if type(law).after is not Law.after]
        if not watching or not reply.good:
            self._note(call, done=reply.good)
            return reply
        original = decode_answer(model, reply)
        answer, spoilt = copy.deepcopy(original), None
        for law in watching:  # all of them: the call is carried out even if its answer is lost
            verdict = law.after(call, answer, self.world)
            if isinstance(verdict, Refusal | Lost):
                spoilt = spoilt or (law.ROW, verdict)
            elif verdict is not None:
                answer = verdict
        if spoilt is not None:
            return self._spoil(model, call, *spoilt)
        self._note(call)
        return reply if answer == original else encode_answer(model, answer)

    def _spoil(self, model: OperationModel, call: Call, row: str, verdict: Refusal | Lost) -> Reply:
        if isinstance(verdict, Refusal):
            self._note(call, row, verdict)
            return encode_error(model, verdict.code, verdict.message, verdict.status)
        self.sent.append(Sent(self.clock.now(), call, row, lost=True))
        raise ReadTimeoutError(endpoint_url=NOWHERE)

    def _note(
        self,
        call: Call,
        row: str | None = None,
        refusal: Refusal | None = None,
        *,
        done: bool = True,
    ) -> None:
        self.sent.append(Sent(self.clock.now(), call, row, refusal, done))

    # -- what happened -----------------------------------------------------------------------

    def refused(self, row: str) -> list[Sent]:
        """Return the calls this law refused, changed to an error or lost."""
        return [sent for sent in self.sent if sent.row == row]

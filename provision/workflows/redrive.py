"""Runs the events of a dead-letter queue again, each once, and removes those that succeed.

An event is deleted only after its function has answered without an error, so that the end of this
process at any point leaves it in the queue. Messages that do not succeed stay hidden until the end
of the run, so that none is tried twice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from provision.aws.client import Aws
from provision.aws.failed_call import NO_GOOD_ANSWER
from provision.errors import AnswerLost, NotFound, ProvisionError
from provision.model import iam
from provision.workflows.dead_letters import (
    EMPTY_ANSWERS,
    LetterQueue,
    count_hidden,
    delete,
    receive,
    release,
)
from provision.workflows.invoke import LATEST, InvocationTarget, invoke_once, refuse_foreign
from provision.workflows.letter import Letter

CALLS: Final = iam.calls(
    "lambda",
    (iam.arn("lambda", "function:{name}"), iam.arn("lambda", "function:{name}:*")),
    "GetFunctionConfiguration",
)
"""The calls for one function, with the fields of its step."""
WORKERS: Final = 5
SPARE: Final = 60
"""Seconds that an event stays hidden beyond the function's timeout: 30 s for the calls, and 30 s
for which a throttled invocation is retried."""
MOST_REFUSALS: Final = 3
"""Refused or lost calls in a row that end the run."""
_RUNNING: Final = "it was still running: it may yet succeed, and stays in the queue"
_LEAST_PASSED: Final = 50
"""Messages in a row, newer or seen before, that end the run; more if the queue has more."""


class Outcome(StrEnum):
    """The result of an event. Only `DONE` and `SENT` have left the queue."""

    DONE = "done"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    REFUSED = "refused"


@dataclass(frozen=True)
class Tried:
    """A message that was tried, and what came of it; `why` if it was no success."""

    letter: Letter
    outcome: Outcome
    why: str = ""


@dataclass(frozen=True)
class Destination:
    """The version that runs the events: its number, and its timeout in seconds."""

    target: InvocationTarget
    version: str
    timeout: int


@dataclass(frozen=True)
class RedriveOptions:
    """Which messages, all if none is named; whether Lambda only queues the events again."""

    messages: frozenset[str] = frozenset()
    asynchronous: bool = False


def find_destination(aws: Aws, owner_prefix: str, target: InvocationTarget) -> Destination:
    """Return what the target is now.

    Raises `NotFound` if it does not exist, `NotOwned` if it is foreign (`refuse_foreign`).
    """
    refuse_foreign(aws, owner_prefix, target.function)
    named = {} if target.qualifier == LATEST else {"Qualifier": target.qualifier}
    try:
        found = aws.lambda_.get_function_configuration(FunctionName=target.function, **named)
    except aws.lambda_.exceptions.ResourceNotFoundException as error:
        raise NotFound(
            f"{target.label} does not exist", hint="`provision status` shows the live version"
        ) from error
    return Destination(target, found.get("Version", ""), int(found.get("Timeout", 0)))


class Redrive:
    """One run over the messages that were in the queue when it was counted."""

    def __init__(
        self,
        aws: Aws,
        queue: LetterQueue,
        destination: Destination,
        options: RedriveOptions,
        report: Callable[[Tried], None],
    ) -> None:
        self._aws = aws
        self._queue = queue
        self._destination = destination
        self._options = options
        self._report = report
        self._hidden = destination.timeout + SPARE
        self._mutex = threading.Lock()
        self._handles: dict[str, str] = {}
        """The latest receipt handle of each message that is still in the queue (Q12)."""
        self._tried: dict[str, Tried | None] = {}
        self._running: dict[str, Letter] = {}
        self._counted: set[str] = set()
        """The messages seen that were in the queue when it was counted."""
        self._passed = 0
        self._refusals = 0
        self.not_seen = 0
        """How many messages were hidden from this run, if it was not ended early."""
        self.last_refusal: Exception | None = None
        """Why the run ended early, if it did."""
        self.broken: Exception | None = None
        """Why the queue could not be read to its end, if it could not."""

    def run(self, workers: int = WORKERS) -> list[Tried]:
        """Try each message once, and return what came of each, also if an error ended the run."""
        try:
            with ThreadPoolExecutor(workers, thread_name_prefix="redrive") as pool:
                for ended in [pool.submit(self._work_safely) for _ in range(workers)]:
                    ended.result()
        finally:
            release(self._aws, self._queue.url, self._handles.values())
        self._count_hidden()
        return [tried for tried in self._tried.values() if tried]

    def _count_hidden(self) -> None:
        if self._aws.clock.stopped or self.broken or self.ended_early:
            return
        seen, left = len(self._counted), len(self._handles)
        try:
            self.not_seen = count_hidden(self._aws, self._queue, seen, left)
        except Exception as error:  # noqa: BLE001  (raised by the caller)
            self.broken = error

    @property
    def hidden(self) -> int:
        """Seconds for which a message that this run received stays hidden if the run is killed."""
        return self._hidden

    @property
    def so_far(self) -> list[Tried]:
        """The result of each message until now; those that are running are still in the queue."""
        with self._mutex:
            ended = [tried for tried in self._tried.values() if tried]
            return ended + [
                Tried(letter, Outcome.UNKNOWN, _RUNNING) for letter in self._running.values()
            ]

    @property
    def ended_early(self) -> bool:
        return self._refusals >= MOST_REFUSALS

    @property
    def unseen(self) -> list[str]:
        """The chosen messages that were not in the queue, or that others were reading."""
        return sorted(self._options.messages - self._tried.keys())

    def _work_safely(self) -> None:
        """Work; keep what ends it for the caller, who first has to hear what was tried."""
        try:
            self._work()
        except Exception as error:  # noqa: BLE001  (raised by the caller)
            with self._mutex:
                self.broken = self.broken or error

    def _work(self) -> None:
        """Receive one message after the other, so that each is tried as soon as it is hidden."""
        empty = 0
        while not self._is_over() and empty < EMPTY_ANSWERS:
            letters = receive(self._aws, self._queue.url, 1, self._hidden)
            empty = 0 if letters else empty + 1
            for letter in letters:
                if self._takes(letter):
                    self._finish(self._try_safely(letter))

    def _is_over(self) -> bool:
        with self._mutex:
            chosen = self._options.messages
            finished = {name for name, tried in self._tried.items() if tried}
            return bool(
                self._aws.clock.stopped
                or self.broken
                or self.ended_early
                or self._passed >= max(_LEAST_PASSED, self._queue.messages)
                or (chosen and chosen <= finished)
            )

    def _takes(self, letter: Letter) -> bool:
        """Return whether this message is to be tried; it is held until the end of the run."""
        chosen = self._options.messages
        with self._mutex:
            seen = letter.id in self._handles or letter.id in self._tried
            self._handles[letter.id] = letter.handle
            if letter.sent <= self._queue.asked_at:
                self._counted.add(letter.id)
            if seen or letter.id not in self._counted:
                self._passed += 1
                return False
            self._passed = 0
            if chosen and letter.id not in chosen:
                return False
            self._tried[letter.id] = None
            self._running[letter.id] = letter
            return True

    def _try_safely(self, letter: Letter) -> Tried:
        """Try the message. An unforeseen error becomes its result, so that the others go on."""
        try:
            return self._try(letter)
        except Exception as error:  # noqa: BLE001  (shown with the message)
            self._refused(error)
            why = f"it may have run: {type(error).__name__}: {_words(error)}"
            return Tried(letter, Outcome.UNKNOWN, why)

    def _try(self, letter: Letter) -> Tried:
        if letter.event is None:
            return Tried(letter, Outcome.FAILED, "its body is no JSON, or nested too deeply")
        try:
            done = invoke_once(
                self._aws,
                self._destination.target,
                letter.payload,
                asynchronous=self._options.asynchronous,
                tail=False,
            )
        except AnswerLost as error:
            self._refused(error)
            return Tried(letter, Outcome.UNKNOWN, "no answer came: it may have run")
        except (ClientError, BotoCoreError, ProvisionError) as error:
            self._refused(error)
            return Tried(letter, Outcome.REFUSED, _words(error))
        if done.error:
            self._accepted()
            return Tried(letter, Outcome.FAILED, done.error)
        return self._remove(letter)

    def _remove(self, letter: Letter) -> Tried:
        """Delete the message of an event that succeeded, by its latest handle."""
        outcome = Outcome.SENT if self._options.asynchronous else Outcome.DONE
        with self._mutex:
            handle = self._handles[letter.id]
        try:
            delete(self._aws, self._queue.url, handle)
        except (*NO_GOOD_ANSWER, ProvisionError) as error:
            self._refused(error)
            return Tried(letter, outcome, f"it stays in the queue: {_words(error)}")
        self._accepted()
        with self._mutex:
            self._handles.pop(letter.id, None)
        return Tried(letter, outcome)

    def _finish(self, tried: Tried) -> None:
        with self._mutex:
            self._tried[tried.letter.id] = tried
            self._running.pop(tried.letter.id, None)
        self._report(tried)

    def _accepted(self) -> None:
        with self._mutex:
            if not self.ended_early:
                self._refusals = 0

    def _refused(self, error: Exception) -> None:
        with self._mutex:
            self._refusals += 1
            self.last_refusal = error


def _words(error: Exception) -> str:
    if isinstance(error, ClientError):
        details = error.response["Error"]
        return f"{details.get('Code')}: {details.get('Message')}"
    return str(error).partition("\n")[0]

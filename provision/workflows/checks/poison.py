"""Sends each function an event that it must fail on, and waits for it in the dead-letter queue.

This is the only check that writes, and the only one that is not asked unless the user says so.
"""

from __future__ import annotations

import json
import secrets
from typing import Final

from provision.stack.functions import LIVE
from provision.workflows import dead_letters
from provision.workflows.checks.check import EndpointCheck
from provision.workflows.checks.round import Round
from provision.workflows.checks.settings import function_named, functions
from provision.workflows.checks.target import CheckTarget
from provision.workflows.checks.verdict import Verdict, failed, failed_by_function, passed
from provision.workflows.dead_letters import AT_ONCE, LetterQueue
from provision.workflows.invoke import InvocationTarget, invoke_once, refuse_foreign
from provision.workflows.letter import Letter

_HIDDEN: Final = 10
_BETWEEN: Final = 2.0
_ARRIVES: Final = 60.0
"""Seconds after the last attempt in which the event arrives in the queue."""
RETRIES: Final = (0.0, 60.0, 180.0)
"""Seconds until the last attempt, by the number of retries: one minute, then two more.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""


def longest_wait(target: CheckTarget) -> float:
    """Return for how many seconds at most the events of all functions are awaited."""
    names = map(function_named, functions(target))
    return max((_patience(target, name) for name in names), default=0.0)


def _patience(target: CheckTarget, function: str) -> float:
    return RETRIES[target.inputs.config.functions[function].retries.attempts] + _ARRIVES


def _poison(this: Round, subject: str) -> Verdict:
    function, target = function_named(subject), this.target
    name = target.inputs.aws_name("function", function, "dead-letters")
    queue = dead_letters.read_queue(this.aws, target.stack.owner_prefix, function, name)
    patience = _patience(target, function)
    want = f"the event in the dead-letter queue within {patience:.0f} s"
    if queue is None:
        return failed(want, "there is no queue")
    word = f"check {secrets.token_hex(8)}"
    refuse_foreign(this.aws, target.stack.owner_prefix, target.aws_function(function))
    invoke_once(
        this.aws,
        InvocationTarget(target.aws_function(function), LIVE),
        json.dumps({"provision": word}).encode(),
        asynchronous=True,
    )
    seconds = _wait(this, queue, word, patience)
    if seconds is None:
        why = "a handler that does not raise an error for it keeps it out of the queue"
        return failed_by_function(want, "it did not arrive", why)
    return passed(f"arrived after {seconds:.0f} s, deleted")


def _wait(this: Round, queue: LetterQueue, word: str, patience: float) -> float | None:
    """Wait for the message and delete it; return the seconds, or None if it did not arrive.

    Messages of others are hidden until the end, so that they do not come again and again.
    """
    clock = this.aws.clock
    began, others = clock.now(), dict[str, str]()
    hidden = int(patience) + _HIDDEN
    try:
        while clock.now() - began < patience:
            letters = dead_letters.receive(this.aws, queue.url, AT_ONCE, hidden)
            others |= {letter.id: letter.handle for letter in letters}
            if found := next((letter for letter in letters if _is_ours(letter, word)), None):
                dead_letters.delete(this.aws, queue.url, found.handle)
                del others[found.id]
                return clock.now() - began
            if not letters:
                clock.sleep(_BETWEEN)
    finally:
        dead_letters.release(this.aws, queue.url, others.values())
    return None


def _is_ours(letter: Letter, word: str) -> bool:
    return letter.event is not None and letter.event[0] == {"provision": word}


POISON_CHECK: Final = EndpointCheck(
    id="poison",
    noun="function",
    subjects=functions,
    ask=_poison,
    in_a_row=1,
)

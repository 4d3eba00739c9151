"""Runs `provision dlq redrive`: asks, runs the events again, and reports what became of each."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final

from provision.commands.confirmation import Confirmation, confirm, require_answer
from provision.commands.dlq import (
    choose_queue,
    clock_time,
    hidden_error,
    open_workspace,
    show_letters,
)
from provision.commands.session import Session
from provision.engine.errors import translate_error
from provision.errors import Interrupted, NotFound, PartialFailure, ProvisionError
from provision.views.dead_letters import print_tried, tried_lines
from provision.views.formatting import pluralize
from provision.views.json_operate import redrive_document
from provision.workflows import dead_letters
from provision.workflows.dead_letters import LetterQueue
from provision.workflows.invoke import InvocationTarget
from provision.workflows.redrive import (
    Destination,
    Outcome,
    Redrive,
    RedriveOptions,
    Tried,
    find_destination,
)
from provision.workspace import Workspace

FAILED_AGAIN = 5
_BEFORE: Final = 5
"""Minutes before the run from which the logs are shown: clocks differ."""
_STAYS = "what has not succeeded is still in the queue"


def options(messages: Iterable[str], *, asynchronous: bool) -> RedriveOptions:
    return RedriveOptions(frozenset(messages), asynchronous)


def redrive(
    session: Session,
    function: str | None,
    version: str,
    chosen: RedriveOptions,
    *,
    dry_run: bool,
    yes: bool,
) -> int:
    """Run events again.

    Exit codes: 0 all succeeded, 1 refused, not confirmed or a chosen one is not there, 5 some
    failed, 9 it ended early.
    """
    if not dry_run:
        require_answer(session, "dlq redrive", yes=yes)
    workspace = open_workspace(session)
    queue = choose_queue(session, workspace, function)
    if queue is None or not queue.messages:
        absent = _absent(sorted(chosen.messages))
        _report(session, workspace, queue, [], absent)
        if absent:
            raise absent
        return 0
    if not queue.waiting:
        hidden = hidden_error(session, workspace, queue, queue.messages)
        if session.call.as_json:
            _report(session, workspace, queue, [], hidden)
        raise hidden
    name = workspace.inputs.aws_name("function", queue.function)
    target = InvocationTarget(name, version)
    destination = find_destination(workspace.aws, workspace.stack.owner_prefix, target)
    if dry_run:
        return _show(session, workspace, queue, destination, chosen)
    question = (
        f"Redrive {_count(queue, chosen)} through {_words(queue, destination)}? Each is run once"
        " now and removed when it succeeds; if this is killed, an event may run twice."
    )
    agreement = Confirmation(yes=yes, confirm=None)
    if not confirm(session, workspace, question, agreement, protected=False):
        return 1
    return _run(session, workspace, queue, destination, chosen)


def _run(
    session: Session,
    workspace: Workspace,
    queue: LetterQueue,
    destination: Destination,
    chosen: RedriveOptions,
) -> int:
    tried: list[Tried] = []
    run = Redrive(workspace.aws, queue, destination, chosen, tried.append)

    def words() -> str:
        return f"{len(tried)} of {_count(queue, chosen)} run through {_words(queue, destination)}"

    session.call.report = partial(_interim, session, workspace, queue, chosen, run)
    with session.call.stopping.stopping(workspace.aws.clock), session.running(words):
        found = run.run()
    ended = _end(session, workspace, run, queue, chosen, found)
    interrupted = isinstance(ended, Interrupted)
    _report(
        session,
        workspace,
        queue,
        found,
        ended,
        not_begun=_not_begun(queue, chosen, found) if interrupted else None,
    )
    session.call.report = None
    if ended and ended is run.broken:
        raise ended
    if ended:
        raise ended from run.last_refusal or run.broken
    good = {Outcome.DONE, Outcome.SENT}
    if all(each.outcome in good for each in found):
        return 0
    _advise(session, queue, found)
    return FAILED_AGAIN


def _advise(session: Session, queue: LetterQueue, found: Sequence[Tried]) -> None:
    """Say what to type after events that did not succeed. A document says which those are."""
    if session.call.as_json:
        return
    name = shlex.quote(queue.function)
    if any(each.outcome is Outcome.FAILED for each in found):
        minutes = int(session.seconds / 60) + _BEFORE
        session.say(f"  → `provision logs {name} --errors --since {minutes}m` shows why")
    session.say(
        f"  → `provision dlq save {name} {name}-events.jsonl` keeps the events,"
        f" `provision dlq purge {name}` deletes them"
    )


def _interim(
    session: Session,
    workspace: Workspace,
    queue: LetterQueue,
    chosen: RedriveOptions,
    run: Redrive,
    error: Interrupted,
) -> list[str]:
    """Return the report of a run that is ended while functions still run (`Invocation.report`)."""
    found = run.so_far
    advice = (
        f"what is in the queue may be hidden until {clock_time(workspace, run.hidden)}: then"
        f" `{session.call.rerun_command}` runs the rest"
    )
    if session.call.as_json:
        ended = error.reworded(hint=advice)
        return [_document(session, workspace, queue, found, ended)]
    return [*tried_lines(found, _not_begun(queue, chosen, found)), advice]


def _not_begun(queue: LetterQueue, chosen: RedriveOptions, found: Sequence[Tried]) -> int:
    return max(0, (len(chosen.messages) or queue.waiting) - len(found))


def _end(
    session: Session,
    workspace: Workspace,
    run: Redrive,
    queue: LetterQueue,
    chosen: RedriveOptions,
    found: list[Tried],
) -> ProvisionError | None:
    """Return what ended the run before its last event; or what it could not find."""
    if session.call.stopping.asked:
        return session.call.interrupted()
    if run.ended_early:
        return PartialFailure(
            f"ended after {len(found)} of {_count(queue, chosen)}: {found[-1].why}",
            hint=_STAYS,
        )
    if run.broken:
        error = translate_error(run.broken)
        if not found:
            return error
        count = f"{len(found)} of {_count(queue, chosen)}"
        return PartialFailure(f"ended after {count}: {error.message}", hint=error.hint or _STAYS)
    return _not_seen(session, workspace, queue, run.not_seen, run.unseen)


def _not_seen(
    session: Session,
    workspace: Workspace,
    queue: LetterQueue,
    hidden: int,
    absent: Sequence[str],
) -> ProvisionError | None:
    """Return the error for messages that no reader can receive, or else for chosen ones."""
    return hidden_error(session, workspace, queue, hidden) if hidden else _absent(absent)


def _absent(messages: Sequence[str]) -> NotFound | None:
    """Return the error that names the chosen messages that were not seen, if there are any."""
    if not messages:
        return None
    return NotFound(
        f"not in the queue, or being read by others: {', '.join(messages)}",
        hint="`provision dlq peek` shows the messages; one that was just read comes back in a"
        " few minutes",
    )


def _show(
    session: Session,
    workspace: Workspace,
    queue: LetterQueue,
    destination: Destination,
    chosen: RedriveOptions,
) -> int:
    seen = letters = dead_letters.peek(workspace.aws, queue, queue.messages)
    if chosen.messages:
        letters = [letter for letter in seen if letter.id in chosen.messages]
    unseen = sorted(chosen.messages - {letter.id for letter in letters})
    hidden = 0
    if unseen or not chosen.messages:
        hidden = dead_letters.count_hidden(workspace.aws, queue, len(seen), len(seen))
    absent = _not_seen(session, workspace, queue, hidden, unseen)
    show_letters(session, workspace, queue, letters, absent)
    session.say(f"these would run through {_words(queue, destination)}; nothing was done")
    if absent:
        raise absent
    return 0


def _report(
    session: Session,
    workspace: Workspace,
    queue: LetterQueue | None,
    found: list[Tried],
    ended: ProvisionError | None,
    *,
    not_begun: int | None = None,
) -> None:
    if session.call.as_json:
        session.call.answer(_document(session, workspace, queue, found, ended))
    elif queue:
        print_tried(session.results, found, not_begun)


def _document(
    session: Session,
    workspace: Workspace,
    queue: LetterQueue | None,
    found: Sequence[Tried],
    ended: ProvisionError | None,
) -> str:
    return redrive_document(
        workspace.inputs,
        workspace.aws.calls,
        queue,
        found,
        session.seconds,
        session.call.word(ended) if ended else None,
    )


def _count(queue: LetterQueue, chosen: RedriveOptions) -> str:
    return pluralize(len(chosen.messages) or queue.waiting, "event")


def _words(queue: LetterQueue, destination: Destination) -> str:
    qualifier = destination.target.qualifier
    if qualifier.isdecimal():
        return f"{queue.function} version {qualifier}"
    return f"{queue.function} {qualifier} (version {destination.version})"

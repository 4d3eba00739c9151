"""Runs `provision dlq`: lists, shows, saves and purges the events of dead-letter queues."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

import click

from provision.commands.confirmation import (
    Confirmation,
    check_confirmation,
    confirm,
    require_answer,
)
from provision.commands.push import named_functions
from provision.commands.session import Session
from provision.errors import EventsHidden, NotFound, ProvisionError
from provision.files import create_private, refuse_special
from provision.stack.lookups import key_as_recorded
from provision.views.dead_letters import print_letters, print_queues
from provision.views.formatting import pluralize
from provision.views.json_operate import (
    kept_document,
    letters_document,
    purged_document,
    queues_document,
)
from provision.workflows import dead_letters
from provision.workflows.dead_letters import LetterQueue
from provision.workflows.letter import Letter, lines
from provision.workflows.redrive import SPARE
from provision.workspace import Workspace

_ATTEMPTS = 10
"""The minutes before an event is in the queue in which its attempts were logged."""
_ALL = 120_000
"""The most messages that SQS hides at a time."""


def list_queues(session: Session) -> int:
    """List the queues. Exit code: 0."""
    workspace = open_workspace(session)
    with workspace.aws.reading():
        found = _queues(workspace, tuple(workspace.inputs.config.functions))
        ages = dead_letters.oldest_ages(workspace.aws, found)
    if session.call.as_json:
        text = queues_document(workspace.inputs, workspace.aws.calls, found, ages, session.seconds)
        session.call.answer(text)
    else:
        print_queues(session.results, found, ages)
    return 0


def peek(session: Session, function: str | None, most: int) -> int:
    """Show messages. Exit codes: 0 done, 1 there is no such queue, 9 some are hidden."""
    workspace = open_workspace(session)
    queue = choose_queue(session, workspace, function)
    letters = _peek(session, workspace, queue, most) if queue else []
    hidden = None
    if queue and len(letters) < most:
        hidden = find_hidden(session, workspace, queue, len(letters))
    show_letters(session, workspace, queue, letters, hidden)
    _name_logs(session, workspace, letters)
    if hidden:
        raise hidden
    return 0


def _name_logs(session: Session, workspace: Workspace, letters: Sequence[Letter]) -> None:
    """Say where the whole error of the newest message is: Lambda gives a queue its text alone."""
    newest = max(letters, key=lambda letter: letter.sent, default=None)
    if session.call.as_json or not newest or not newest.request:
        return
    age = workspace.aws.clock.today().timestamp() - newest.sent / 1000
    minutes = int(age / 60) + _ATTEMPTS
    session.say(
        f"  → `provision logs --request {shlex.quote(newest.request)} --since {minutes}m` shows"
        " the attempts of the newest"
    )


def show_letters(
    session: Session,
    workspace: Workspace,
    queue: LetterQueue | None,
    letters: list[Letter],
    error: ProvisionError | None,
) -> None:
    """Print the messages, or the document with them and what prevented that all are there."""
    if session.call.as_json:
        worded = session.call.word(error) if error else None
        text = letters_document(
            workspace.inputs, workspace.aws.calls, queue, letters, session.seconds, worded
        )
        session.call.answer(text)
    elif queue:
        print_letters(session.results, queue, letters)


def find_hidden(
    session: Session, workspace: Workspace, queue: LetterQueue, seen: int
) -> EventsHidden | None:
    """Return the error for the messages beyond those that were seen, if the queue has more."""
    count = dead_letters.count_hidden(workspace.aws, queue, seen, seen)
    return hidden_error(session, workspace, queue, count) if count else None


def hidden_error(
    session: Session, workspace: Workspace, queue: LetterQueue, count: int
) -> EventsHidden:
    """Return the error for messages that no reader can receive now."""
    function = workspace.inputs.config.functions[queue.function]
    seconds = max(dead_letters.longest_hidden(queue), function.timeout + SPARE)
    verb = "is" if count == 1 else "are"
    return EventsHidden(
        f"{pluralize(count, 'event')} of {queue.function} {verb} in the queue and hidden, by a"
        f" killed run or another reader: until {clock_time(workspace, seconds)} at most",
        hint=f"then run it again: `{session.call.rerun_command}`",
    )


def clock_time(workspace: Workspace, seconds: int) -> str:
    """Return the local time in that many seconds, and how many those are."""
    at = (workspace.aws.clock.today() + timedelta(seconds=seconds)).astimezone()
    return f"{at:%H:%M:%S} (in {seconds} s)"


def save(session: Session, function: str, file: Path) -> int:
    """Write all messages to a new file. Exit codes: 0 done, 9 some are hidden and not saved."""
    _refuse_existing(file)
    workspace = open_workspace(session)
    queue = _demand(workspace, function)
    saved = _save(session, workspace, queue, file)
    if session.call.as_json:
        text = kept_document(
            workspace.inputs, workspace.aws.calls, queue, str(file), saved, session.seconds
        )
        session.call.answer(text)
    return 0


def purge(session: Session, function: str, file: Path | None, agreement: Confirmation) -> int:
    """Delete all messages.

    Exit codes: 0 done, 1 not confirmed or refused, 9 not all could be saved.
    """
    require_answer(session, f"dlq purge {function}", yes=agreement.given)
    if file:
        _refuse_existing(file)
    workspace = open_workspace(session)
    protected = workspace.inputs.config.protected
    check_confirmation(workspace.stack.name, agreement, protected=protected)
    queue = _demand(workspace, function)
    if not queue.messages:
        session.say(f"{function} has no dead letters: nothing was done")
        _answer_purged(session, workspace, queue, 0)
        return 0
    many = pluralize(queue.messages, "event")
    question = (
        f"Write {many} of {function} to {file}, and delete those that were written?"
        if file
        else f"Delete {many} of {function} for ever, and those that arrive within a minute?"
    )
    if not confirm(session, workspace, question, agreement, protected=protected):
        return 1
    if file:
        deleted = _move(session, workspace, queue, file)
        _answer_purged(session, workspace, queue, deleted)
        return 0
    dead_letters.purge(workspace.aws, queue)
    session.say(f"{pluralize(queue.messages, 'event')} of {function} deleted; it takes a minute")
    _answer_purged(session, workspace, queue, queue.messages)
    return 0


def _answer_purged(
    session: Session, workspace: Workspace, queue: LetterQueue, deleted: int
) -> None:
    if session.call.as_json:
        text = purged_document(
            workspace.inputs, workspace.aws.calls, queue, deleted, session.seconds
        )
        session.call.answer(text)


def open_workspace(session: Session) -> Workspace:
    """Open the workspace without its sources, which no queue needs."""
    return session.open(build_sources=False, key=key_as_recorded)


def choose_queue(
    session: Session, workspace: Workspace, function: str | None
) -> LetterQueue | None:
    """Return the queue of the function or, if none is named, the only one with messages.

    None, after saying so, if no queue has any. Raises UsageError if several have.
    """
    if function is not None:
        return _demand(workspace, function)
    found = _queues(workspace, tuple(workspace.inputs.config.functions))
    filled = [queue for queue in found if queue.messages]
    if len(filled) > 1:
        names = ", ".join(queue.function for queue in filled)
        raise click.UsageError(f"several functions have dead letters, name one: {names}")
    if not filled:
        session.say("there are no dead letters")
        return None
    return filled[0]


def _queues(workspace: Workspace, functions: tuple[str, ...]) -> list[LetterQueue]:
    found = [
        dead_letters.read_queue(
            workspace.aws,
            workspace.stack.owner_prefix,
            function,
            workspace.inputs.aws_name("function", function, "dead-letters"),
        )
        for function in functions
    ]
    return [queue for queue in found if queue]


def _demand(workspace: Workspace, function: str) -> LetterQueue:
    named_functions(workspace, (function,))
    found = _queues(workspace, (function,))
    if not found:
        raise NotFound(f"{function} has no dead-letter queue yet", hint="`provision up` creates it")
    return found[0]


def _peek(session: Session, workspace: Workspace, queue: LetterQueue, most: int) -> list[Letter]:
    words = partial(str, f"reading the dead letters of {queue.function}")
    with session.running(words):
        return dead_letters.peek(workspace.aws, queue, most)


def _save(session: Session, workspace: Workspace, queue: LetterQueue, file: Path) -> int:
    """Write all messages, readable for their owner only, and return how many there are.

    Raises `EventsHidden` if one lacks.
    """
    _refuse_special(file)  # before anything is received
    letters = _peek(session, workspace, queue, _ALL)
    _write(file, letters)
    session.say(f"{pluralize(len(letters), 'event')} written to {file}")
    if hidden := find_hidden(session, workspace, queue, len(letters)):
        raise hidden
    return len(letters)


def _move(session: Session, workspace: Workspace, queue: LetterQueue, file: Path) -> int:
    """Write all messages to the file, delete exactly those, and return how many they are.

    The queue is counted again, since the question may have waited long. Others than those in
    the file stay: they have arrived since, or another reader hides them, which raises
    `EventsHidden`.
    """
    _refuse_special(file)
    queue = _demand(workspace, queue.function)
    words = partial(str, f"moving the dead letters of {queue.function}")
    with (
        session.running(words),
        dead_letters.received(workspace.aws, queue, _ALL) as letters,
    ):
        _write(file, letters)
        deleted = dead_letters.delete_all(workspace.aws, queue.url, letters)
    session.say(
        f"{pluralize(len(letters), 'event')} of {queue.function} written to {file}, and"
        f" {'all' if deleted == len(letters) else deleted} of them deleted"
    )
    left = len(letters) - deleted
    count = dead_letters.count_hidden(workspace.aws, queue, len(letters), left)
    if left or count:
        raise hidden_error(session, workspace, queue, left or count)
    return deleted


def _refuse_special(file: Path) -> None:
    """Refuse a device such as /dev/full, which a new file would take the place of."""
    try:
        refuse_special(file)
    except OSError as error:
        raise _not_written(file, error) from error


def _write(file: Path, letters: Sequence[Letter]) -> None:
    try:
        create_private(file, b"".join(lines(letters)))
    except FileExistsError as error:
        raise _exists(file) from error
    except OSError as error:
        raise _not_written(file, error) from error


def _refuse_existing(file: Path) -> None:
    """Refuse a regular file: its events may be in no queue any more."""
    if file.is_file() and not file.is_symlink():
        raise _exists(file)


def _exists(file: Path) -> click.UsageError:
    return click.UsageError(f"{file} exists, and may have the only copy of events: name a new file")


def _not_written(file: Path, error: OSError) -> click.UsageError:
    return click.UsageError(f"{file} cannot be written: {error.strerror or error}")

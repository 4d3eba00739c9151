"""Runs `provision keys`: lists, rotates, disables, enables and removes API keys. No values."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches

import click

from provision.commands.outputs import values_of_keys
from provision.commands.session import Session
from provision.engine.engine import Engine
from provision.plan.options import PlanOptions
from provision.stack.lookups import key_as_recorded
from provision.steps.apigateway.api_key import ApiKey
from provision.views.json_documents import keys_document
from provision.views.keys import print_keys
from provision.workflows import rotate_keys
from provision.workspace import Workspace


def list_keys(session: Session) -> int:
    """List the API keys. Exit code: 0."""
    workspace = _open(session)
    with workspace.read_state() as journal:
        keys = rotate_keys.find_keys(workspace.engine(journal, PlanOptions()))
    return _report(session, workspace, keys)


def rotate(session: Session, name: str) -> int:
    """Rotate a key. Exit codes: 0 done, 1 not there yet, 2 no such name, 130 interrupted."""
    workspace = _open(session)
    names = workspace.inputs.config.api.keys
    if name not in names:
        near = get_close_matches(name, names, 1) or list(names)
        raise click.UsageError(f"config.yaml names no API key {name}; it has {', '.join(near)}")
    made: list[ApiKey] = []
    code = _change(session, workspace, lambda engine: made.append(rotate_keys.rotate(engine, name)))
    if not session.call.as_json:
        output = next(o for o, key in values_of_keys(workspace).items() if key == name)
        _say_next(session, output, made[0])
    return code


def switch(session: Session, key: str, *, enabled: bool) -> int:
    """Enable or disable a retired key. Exit codes: 0 done, 1 not a retired key."""
    return _change(
        session,
        _open(session),
        lambda engine: rotate_keys.switch(engine, key, enabled=enabled),
    )


def remove(session: Session, key: str) -> int:
    """Delete a retired key. Exit codes: 0 done, 1 not a retired key that is disabled."""
    return _change(session, _open(session), lambda engine: rotate_keys.remove(engine, key))


def _open(session: Session) -> Workspace:
    """Open the workspace without its sources, which no key needs."""
    return session.open(build_sources=False, key=key_as_recorded)


def _change(session: Session, workspace: Workspace, change: Callable[[Engine], None]) -> int:
    with workspace.write_state(session.call.rerun_command) as journal:
        engine = workspace.engine(journal, PlanOptions())
        with (
            session.call.stopping.stopping(workspace.aws.clock),
            session.busy("changing the API keys"),
        ):
            change(engine)
            keys = rotate_keys.find_keys(engine)
    return _report(session, workspace, keys)


def _report(session: Session, workspace: Workspace, keys: dict[str, ApiKey]) -> int:
    if session.call.as_json:
        session.call.answer(keys_document(workspace.stack.name, keys))
    elif keys:
        print_keys(session.results, keys, session.call.command)
    else:
        words = f"{workspace.stack.name} has no API key yet: `provision up` creates it."
        session.results.print(session.call.expand_hint(words), soft_wrap=True)
    return 0


def _say_next(session: Session, output: str, made: ApiKey) -> None:
    command = session.call.command
    session.say(f"Give its clients the new value: {command('outputs', output)}")
    for old in made.retired:
        session.say(f"When all have moved: {command('keys', 'disable', old.id)}")

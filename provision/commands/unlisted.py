"""Decides whether an unlisted environment is meant: by --new-env, its state or an answer."""

from __future__ import annotations

import json
from pathlib import Path

import click

from provision.commands.invocation import Invocation
from provision.commands.yes_no import confirmed
from provision.config.unlisted import Unlisted, UnlistedEnvironment
from provision.files import HOME, read_private
from provision.sanitizing.text import put


def unless_known(config: Path, state: Path | None, then: Unlisted) -> Unlisted:
    """Return a decision that accepts an environment with a state, and leaves others to `then`."""

    def decide(unlisted: UnlistedEnvironment) -> None:
        home = config.resolve().parent / HOME
        if not _has_state(state or home / unlisted.name):
            then(unlisted)

    return decide


def refuse(call: Invocation) -> Unlisted:
    """Return a decision that refuses, for commands that cannot ask or that create nothing."""

    def decide(unlisted: UnlistedEnvironment) -> None:
        raise unlisted.reworded(hint=f"if that is intended: `{call.rerun_command} --new-env`")

    return decide


def ask_for_environment(call: Invocation, question: str) -> Unlisted:
    """Return a decision that asks at the terminal. Any answer but yes ends the command."""

    def decide(unlisted: UnlistedEnvironment) -> None:
        put(unlisted.message, err=True)
        try:
            if confirmed(f"{question} {unlisted.name}?"):
                return
        except click.Abort:
            if call.stopping.asked:
                raise
        put("Nothing was done.", err=True)
        raise click.exceptions.Exit(1)

    return decide


def _has_state(directory: Path) -> bool:
    """Return whether the directory has the state of a stack that was created.

    True for an unreadable one, which is reported later.
    """
    try:
        log = read_private(directory / "journal.jsonl")
        content = read_private(directory / "state.json")
        state = json.loads(content) if content else {}
        return bool(log or state.get("account") or state.get("records"))
    except (OSError, ValueError, AttributeError):
        return True

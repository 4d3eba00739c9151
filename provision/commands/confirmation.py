"""Asks the user to agree to a run: by an answer, `--yes` or, if protected, the stack's name."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import click

from provision.commands.session import Session
from provision.commands.terminal import forget_typed
from provision.commands.unlisted import ask_for_environment, refuse
from provision.commands.yes_no import confirmed, is_unattended
from provision.config.unlisted import Unlisted
from provision.model.capabilities import HoldsData
from provision.plan.change import Action, ResourceChange
from provision.sanitizing.text import printable
from provision.workspace import Workspace


@dataclass(frozen=True)
class Confirmation:
    """The command line's answer to the question that will be asked."""

    yes: bool
    confirm: str | None

    @property
    def given(self) -> bool:
        return self.yes or self.confirm is not None


def confirm(
    session: Session,
    workspace: Workspace,
    question: str,
    agreement: Confirmation,
    *,
    protected: bool,
) -> bool:
    """Return whether the user agrees.

    A protected environment requires the stack's name, typed or by `--confirm`. Raises UsageError if
    `--confirm` names another stack or `--yes` is not enough.
    """
    stack = workspace.stack.name
    check_confirmation(stack, agreement, protected=protected)
    if agreement.confirm is not None or (agreement.yes and not protected):
        return True
    forget_typed()
    if not protected:
        return ask(session, workspace, lambda: confirmed(question))
    shown = printable(f"{stack} is protected. {question} Type its name")
    return ask(
        session,
        workspace,
        lambda: click.prompt(shown, err=True, default="", show_default=False) == stack,
    )


def ask(session: Session, workspace: Workspace, answer: Callable[[], bool]) -> bool:
    """Print the location, and return whether the answer agrees.

    The end of the input is no. The time until the answer is no part of the run.
    """
    session.errors.print(f"This is {workspace.description}.", style="bold", soft_wrap=True)
    began = time.monotonic()
    try:
        with session.trace.span("your answer", "ask"):
            if answer():
                return True
    except click.Abort:
        if session.call.stopping.asked:
            raise
        session.errors.print()  # the end of the input writes no line end
    finally:
        session.asked += time.monotonic() - began
    session.errors.print("Nothing was done.")
    return False


def require_answer(session: Session, verb: str, *, yes: bool) -> None:
    """Raise UsageError if the command would ask and no one can answer."""
    if is_unattended(session.call) and not yes:
        look = " (`provision plan` shows what it would do)" if verb == "up" else ""
        raise click.UsageError(
            f"`provision {verb}` asks for confirmation, and this is no terminal: add --yes{look}"
        )


def asks_for_new(
    session: Session,
    question: str,
    agreement: Confirmation = Confirmation(yes=False, confirm=None),
) -> Unlisted:
    """Return the decision on an environment that config.yaml does not list: ask, or refuse.

    `--yes` and `--confirm` answer another question, so they refuse it.
    """
    if is_unattended(session.call) or agreement.given:
        return refuse(session.call)
    return ask_for_environment(session.call, question)


def check_confirmation(stack: str, agreement: Confirmation, *, protected: bool) -> None:
    """Raise UsageError, saying what to type, if the given answer cannot be enough."""
    if agreement.confirm is not None and agreement.confirm != stack:
        raise click.UsageError(
            f"--confirm {agreement.confirm} is not the name of this stack: {stack}"
        )
    if protected and agreement.yes and agreement.confirm is None:
        raise click.UsageError(
            f"{stack} is protected (`protect` in config.yaml), and --yes is not enough:"
            f" add --confirm {stack}"
        )


def destroys_data(changes: Mapping[str, ResourceChange]) -> bool:
    """Return whether an unblocked change deletes or replaces a resource with the user's data."""
    return any(
        (isinstance(change.have, HoldsData) or change.messages)
        and not change.unblock_hint
        and change.action in {Action.DELETE, Action.REPLACE}
        for change in changes.values()
    )

"""Asks the user to agree to a run: by an answer, `--yes` or, if protected, the stack's name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import click

from provision.commands.session import Session
from provision.commands.terminal import forget_typed
from provision.commands.unlisted import ask, refuse
from provision.config.unlisted import Unlisted
from provision.plan.change import Action, ResourceChange
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
        return session.ask(workspace, question)
    return session.ask_for_text(workspace, f"{stack} is protected. {question} Type its name", stack)


def asks_for_new(
    session: Session,
    question: str,
    agreement: Confirmation = Confirmation(yes=False, confirm=None),
) -> Unlisted:
    """Return the decision on an environment that config.yaml does not list: ask, or refuse.

    `--yes` and `--confirm` answer another question, so they refuse it.
    """
    if session.nobody_answers or agreement.given:
        return refuse(session.call)
    return ask(session.call, question)


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
        change.have is not None
        and change.have.HOLDS_DATA
        and not change.blocked_by
        and change.action in {Action.DELETE, Action.REPLACE}
        for change in changes.values()
    )

"""Ends a run: the error in which it ended, what it prints or its document, and the exit code."""

from __future__ import annotations

from collections.abc import Mapping

from provision.commands.check import failure_of
from provision.commands.decision_hints import decision_hint
from provision.commands.invocation import Invocation
from provision.commands.session import Session
from provision.errors import Interrupted, NothingDone, NotPermitted, PartialFailure, ProvisionError
from provision.model.step import Step
from provision.plan.plan import Result
from provision.views.results import untried_words
from provision.workflows.checks.runner import Checked
from provision.workflows.removal_report import RemovalReport
from provision.workspace import Workspace


def final_error(call: Invocation, result: Result) -> ProvisionError | None:
    """Return the error in which a run ended, or None if all is done."""
    if result.interrupted or call.stopping.asked:
        return call.interrupted()
    if not result.failed:
        return None
    nodes = f"{len(result.failed)} failed ({', '.join(result.failed)})"
    if all(isinstance(error, NotPermitted) for error in result.failed.values()):
        return NotPermitted(
            f"Partly done: {nodes}", hint=f"allow what they name and {call.resume_advice}"
        )
    if result.refused_whole:
        return NothingDone(
            f"Nothing was done: {len(result.failed)} refused ({', '.join(result.failed)})",
            hint=decision_hint(call, result.failed),
        )
    return PartialFailure(f"Partly done: {nodes}", hint=f"fix that and {call.resume_advice}")


def print_result_document(
    session: Session,
    workspace: Workspace,
    result: Result,
    resources: Mapping[str, Step],
    removal: RemovalReport | None = None,
    checked: Checked | None = None,
) -> None:
    """Print the document of a run. `resources` are those that its outputs are of."""
    session.print_document(
        workspace,
        result.changes,
        resources,
        failed=result.failed,
        error=final_error(session.call, result) or (failure_of(checked) if checked else None),
        removal=removal,
        checked=checked,
    )


def finish(session: Session, result: Result) -> int:
    """Print what went live untried, what failed, and what to type next.

    Return the exit code.
    """
    for words in untried_words(result):
        session.errors.print(session.call.expand_hint(words), style="yellow", soft_wrap=True)
    for node, failure in result.failed.items():
        if not isinstance(failure, Interrupted):
            error = session.call.word(failure)
            hint = f" → {error.hint}" if error.hint else ""
            for line in (f"✗ {node}: {error.message} [{error.code}]{hint}", *error.more):
                session.errors.print(line, style="red", soft_wrap=True)
    ended = final_error(session.call, result)
    return session.call.fail(ended) if ended else 0

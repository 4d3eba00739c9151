"""Runs `provision down`: shows the plan, asks, removes, and searches for leftovers."""

from __future__ import annotations

import shlex
from contextlib import suppress

from provision import LOCAL_ENVIRONMENT
from provision.commands.confirmation import (
    Confirmation,
    check_confirmation,
    confirm,
    require_answer,
)
from provision.commands.engine_messages import worded_outcome, worded_receipt
from provision.commands.node_names import check_nodes
from provision.commands.recheck import replan_unchanged
from provision.commands.run_result import finish, print_result_document
from provision.commands.session import Session
from provision.config import ConfigInvalid
from provision.engine.engine import REAPPEAR_DELAY
from provision.errors import Interrupted
from provision.plan.options import PlanOptions
from provision.plan.plan import Plan, Result
from provision.stack.lookups import key_as_recorded
from provision.state.journal import Journal
from provision.views.results import print_removal
from provision.workflows.removal_report import RemovalReport, removal_report
from provision.workspace import Workspace


def down(
    session: Session, agreement: Confirmation, plan_options: PlanOptions, *, workers: int
) -> int:
    """Remove the stack. Exit codes: 0 done, 1 not confirmed, 9 partly done, 130 interrupted."""
    require_answer(session, "down", yes=agreement.given)
    workspace = _open(session)
    check_nodes(workspace, tuple(sorted(plan_options.destroy)))
    stack, protected = workspace.stack.name, workspace.inputs.config.protected
    check_confirmation(stack, agreement, protected=protected)  # before anything is observed
    with workspace.write_state(session.call.rerun_command) as journal:
        removal = _plan_removal(session, workspace, journal, plan_options, workers)
        if not session.call.as_json:
            session.show_plan(session.errors, workspace, f"{stack}: what `down` does", removal.all)
        if removal.has_changes and not confirm(
            session, workspace, "Remove this?", agreement, protected=protected
        ):
            return 1
        if removal.has_changes and not agreement.given:
            removal = replan_unchanged(
                session,
                removal,
                lambda: _plan_removal(session, workspace, journal, plan_options, workers),
            )
        with (
            session.call.stopping.stopping(workspace.aws.clock),
            session.showing(removal.writes) as progress,
        ):
            engine = workspace.engine(journal, plan_options, progress.report)
            delay = REAPPEAR_DELAY if workspace.aws.access.deletes_lag else 0.0
            result = engine.remove(removal, workers=workers, reappear_delay=delay)
    result = worded_outcome(session.call, result)
    found = _search_leftovers(session, workspace, result)
    _report(session, workspace, result, found and worded_receipt(session.call, found))
    return finish(session, result)


def _plan_removal(
    session: Session,
    workspace: Workspace,
    journal: Journal,
    plan_options: PlanOptions,
    workers: int,
) -> Plan:
    """Return the plan of the removal, for which the data to be deleted is counted live."""
    seen = session.plan(workspace, journal, plan_options, workers)
    with workspace.aws.reading():
        return workspace.engine(journal, plan_options).plan_removal(seen)


def _open(session: Session) -> Workspace:
    """Open the workspace; sources may be gone.

    If config.yaml is invalid, the hint adds how to use an older version of it.
    """
    try:
        return session.open(build_sources=False, key=key_as_recorded)
    except ConfigInvalid as error:
        file = session.options.config
        last = shlex.quote(str(file.with_name("last.yaml")))
        folder = f"-C {shlex.quote(str(file.parent))} " if file.parent.name else ""
        show = f"git {folder}show {shlex.quote(f'HEAD:./{file.name}')} > {last}"
        older = f". Or use an earlier version: `{show}`, then `provision down --config {last}`"
        raise error.reworded(hint=error.hint + older) from error


def _search_leftovers(
    session: Session, workspace: Workspace, result: Result
) -> RemovalReport | None:
    """Search for leftovers and return the report.

    None if it was interrupted, before or during the search: the user does not wait then.
    """
    if result.interrupted or session.call.stopping.asked:
        return None
    with (
        suppress(Interrupted),
        workspace.aws.reading(),
        session.call.stopping.stopping(workspace.aws.clock),
        session.busy("searching the account for leftovers"),
    ):
        return removal_report(workspace.aws, workspace.stack, result, workspace.limitations)
    return None


def _report(
    session: Session,
    workspace: Workspace,
    result: Result,
    receipt: RemovalReport | None,
) -> None:
    if session.call.as_json:
        print_result_document(session, workspace, result, {}, receipt)
    else:
        where = f"account {workspace.aws.location.account}, {workspace.aws.location.region}"
        on_local = workspace.inputs.config.environment == LOCAL_ENVIRONMENT
        stop = session.call.command("local", "stop") if on_local else ""
        print_removal(session.errors, result, receipt, session.call.command, where=where, stop=stop)
        session.print_timing(workspace)

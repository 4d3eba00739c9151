"""Runs `provision up`: plans, asks, applies, prints the outputs."""

from __future__ import annotations

from provision import LOCAL_ENVIRONMENT
from provision.commands.check import CheckOptions, failure_of, run_checks, show_checks
from provision.commands.confirmation import (
    Confirmation,
    asks_for_new,
    confirm,
    destroys_data,
    require_answer,
)
from provision.commands.engine_messages import worded_outcome
from provision.commands.node_names import check_nodes
from provision.commands.outputs import values_of_keys
from provision.commands.prerequisites import plan_with_prerequisites
from provision.commands.recheck import replan_unchanged
from provision.commands.run_result import final_error, finish, print_result_document
from provision.commands.session import Session
from provision.plan.options import PlanOptions
from provision.plan.plan import Plan, Result
from provision.stack.outputs import each_once, outputs
from provision.state.journal import Journal
from provision.views.results import NextSteps, print_receipt, print_welcome, secret_words
from provision.workspace import Workspace


def up(
    session: Session,
    agreement: Confirmation,
    *,
    adopt: tuple[str, ...],
    destroy: tuple[str, ...],
    backup: bool,
    workers: int,
    then_check: bool = False,
) -> int:
    """Apply a new plan. Exit codes: 0 done, 1 not confirmed, 9 partly done, 130 interrupted.

    `then_check`: ask the checks if nothing failed; 5 if one of them did.
    """
    require_answer(session, "up", yes=agreement.given)
    workspace = session.open(unlisted=asks_for_new(session, "Make a new environment", agreement))
    check_nodes(workspace, (*adopt, *destroy))
    plan_options = PlanOptions(frozenset(adopt), frozenset(destroy), backup=backup)
    with workspace.write_state(session.call.rerun_command) as journal:
        seen = plan_and_show(session, workspace, journal, plan_options, workers)
        protected = workspace.inputs.config.protected and destroys_data(seen.all)
        if seen.doable and not confirm(
            session, workspace, "Do this?", agreement, protected=protected
        ):
            return 1
        if seen.doable and not agreement.given:
            seen = replan_unchanged(
                session,
                seen,
                lambda: plan_with_prerequisites(session, workspace, journal, plan_options, workers),
            )
        result = apply(session, workspace, journal, seen, plan_options, workers)
    return report_and_check(session, workspace, result, then_check=then_check)


def plan_and_show(
    session: Session,
    workspace: Workspace,
    journal: Journal,
    plan_options: PlanOptions,
    workers: int,
) -> Plan:
    """Plan, and show the plan unless the output is a document."""
    seen = plan_with_prerequisites(session, workspace, journal, plan_options, workers)
    if not session.call.as_json:
        session.show_plan(
            session.errors, workspace, f"{workspace.stack.name}: what `up` does", seen.all
        )
    return seen


def apply(
    session: Session,
    workspace: Workspace,
    journal: Journal,
    seen: Plan,
    plan_options: PlanOptions,
    workers: int,
) -> Result:
    """Apply the plan."""
    workspace.pin(journal)
    if not seen.doable:  # refused changes are reported once, at the end
        with session.call.stopping.stopping(workspace.aws.clock):
            return workspace.engine(journal, plan_options).apply(seen, workers=workers)
    say_other_python(session, workspace)
    with (
        session.call.stopping.stopping(workspace.aws.clock),
        session.showing(seen.writes) as progress,
    ):
        engine = workspace.engine(journal, plan_options, progress.report)
        return engine.apply(seen, workers=workers)


def say_other_python(session: Session, workspace: Workspace) -> None:
    """Say if the emulator runs functions with another Python than AWS."""
    config = workspace.inputs.config
    if config.environment != LOCAL_ENVIRONMENT:
        return
    from provision.local.python_version import other_python_words  # noqa: PLC0415

    if words := other_python_words(one.runtime for one in config.functions.values()):
        session.say(words)


def report_and_check(
    session: Session, workspace: Workspace, result: Result, *, then_check: bool
) -> int:
    """Report the result and, if nothing failed, ask the checks if the user wants it."""
    if not then_check or final_error(session.call, result):
        return report(session, workspace, result)
    if session.call.as_json:
        _, checked = run_checks(session, workspace, result.resources, CheckOptions())
        print_result_document(session, workspace, result, result.resources, checked=checked)
        code = finish(session, result)
    else:
        code = report(session, workspace, result)
        target, checked = run_checks(session, workspace, result.resources, CheckOptions())
        show_checks(session, target, checked)
    failure = failure_of(checked)
    return code or (failure.exit_code if failure else 0)


def report(session: Session, workspace: Workspace, result: Result) -> int:
    """Print the result, on the screen or as a document, and return the exit code."""
    if session.call.as_json:
        print_result_document(session, workspace, result, result.resources)
    else:
        told = worded_outcome(session.call, result)
        print_receipt(session.errors, told, session.call.command)
        session.print_timing(workspace)
        for words in secret_words(workspace.inputs.config, result):
            session.say(words)
        if not final_error(session.call, result):
            known = each_once(outputs(workspace.inputs, result.resources))
            on_local = workspace.inputs.config.environment == LOCAL_ENVIRONMENT
            following = NextSteps(
                session.call.command("outputs", next(iter(values_of_keys(workspace)))),
                session.call.command("logs", "--follow"),
                session.call.command("local", "stop") if on_local else "",
            )
            print_welcome(session.results, known, workspace.inputs.config.api, following)
    return finish(session, result)

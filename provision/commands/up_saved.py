"""Runs `provision up FILE`: exactly what a saved plan says, or nothing.

Anyone who can write the file can edit it, so nothing in it allows anything. It is compared with a
plan made now, and the user who applies it must allow again what it adopts or destroys.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import click

from provision.commands.confirmation import (
    Confirmation,
    check_confirmation,
    confirm,
    destroys_data,
)
from provision.commands.node_names import check_nodes
from provision.commands.prerequisites import plan_with_prerequisites
from provision.commands.recheck import replan_unchanged
from provision.commands.session import Session
from provision.commands.up import apply, plan_and_show, report_and_check
from provision.commands.yes_no import is_unattended
from provision.errors import WrongAccount
from provision.plan.options import PlanOptions
from provision.workflows.saved_plan import (
    InvalidPlanFile,
    SavedPlan,
    StalePlan,
    capture_plan,
    changed_inputs,
    changed_nodes,
    listed_changes,
    read_plan,
)
from provision.workspace import Workspace


def up_saved(
    session: Session,
    file: Path,
    agreement: Confirmation,
    *,
    adopt: tuple[str, ...],
    destroy: tuple[str, ...],
    workers: int,
    then_check: bool = False,
) -> int:
    """Apply a saved plan; ask only for adoptions and data losses that the command line lacks.

    Raises `StalePlan`, naming what changed since the plan was made; then nothing is done.
    """
    plan = read_plan(file)
    workspace = session.open()
    _check_place(workspace, file, plan)
    check_nodes(workspace, (*adopt, *destroy))
    missing = _unallowed(workspace, file, plan, PlanOptions(frozenset(adopt), frozenset(destroy)))
    session.call.replan_command = session.call.command(
        "plan", "--out", str(file), *plan.consent.options
    )
    if missing.options and (is_unattended(session.call) or agreement.given):
        raise click.UsageError(_wanting(file, plan, missing))
    now = capture_plan(workspace.inputs, {}, plan.consent, plan.salt)
    _refuse(file, plan, changed_inputs(plan, now))
    with workspace.write_state(session.call.rerun_command) as journal:
        seen = plan_and_show(session, workspace, journal, plan.consent, workers)
        now = capture_plan(workspace.inputs, seen.all, plan.consent, plan.salt)
        _refuse(file, plan, changed_nodes(plan.nodes, now.nodes))
        protected = workspace.inputs.config.protected and destroys_data(seen.all)
        if not missing.options:
            check_confirmation(
                workspace.stack.name, replace(agreement, yes=True), protected=protected
            )
        elif not confirm(session, workspace, _question(missing), agreement, protected=protected):
            return 1
        else:
            seen = replan_unchanged(
                session,
                seen,
                lambda: plan_with_prerequisites(session, workspace, journal, plan.consent, workers),
            )
        result = apply(session, workspace, journal, seen, plan.consent, workers)
    return report_and_check(session, workspace, result, then_check=then_check)


def _unallowed(
    workspace: Workspace, file: Path, plan: SavedPlan, given: PlanOptions
) -> PlanOptions:
    """Return the options that the plan was given and the command line was not.

    Raises UsageError if the command line has more, as the plan would be another one with them, and
    InvalidPlanFile if the plan names an unknown node.
    """
    known = {*workspace.stack.nodes, *workspace.remembered}
    if unknown := sorted({*plan.adopt, *plan.destroy} - known):
        raise InvalidPlanFile(
            f"{file} names {unknown[0]}, which is not a node of {workspace.stack.name}",
            hint=f"save another: `provision plan --out {shlex.quote(str(file))}`",
        )
    if more := _without(given, plan.consent).options:
        every = _joined(given, plan.consent).options
        raise click.UsageError(
            f"{file} was saved without {shlex.join(more)}: plan again with it:"
            f" `provision plan --out {shlex.quote(str(file))} {shlex.join(every)}`"
        )
    return _without(plan.consent, given)


def _without(one: PlanOptions, other: PlanOptions) -> PlanOptions:
    return PlanOptions(one.adopt - other.adopt, one.destroy - other.destroy)


def _joined(one: PlanOptions, other: PlanOptions) -> PlanOptions:
    return PlanOptions(one.adopt | other.adopt, one.destroy | other.destroy)


def _does(missing: PlanOptions) -> str:
    """Return `take over x and destroy the data of y`."""
    taking = f"take over {', '.join(sorted(missing.adopt))}" if missing.adopt else ""
    losing = f"destroy the data of {', '.join(sorted(missing.destroy))}" if missing.destroy else ""
    return " and ".join(words for words in (taking, losing) if words)


def _question(missing: PlanOptions) -> str:
    words = _does(missing)
    return f"{words[0].upper()}{words[1:]}, as the plan says?"


def _wanting(file: Path, plan: SavedPlan, missing: PlanOptions) -> str:
    what = shlex.join([str(file), *plan.consent.options])
    return (
        f"{file} would {_does(missing)}; others may have edited the file, so the command must say"
        f" that too: `provision up {what}`"
    )


def _check_place(workspace: Workspace, file: Path, plan: SavedPlan) -> None:
    where = workspace.inputs.location
    if plan.stack != workspace.stack.name:
        what = shlex.join([str(file), "--env", plan.environment])
        raise StalePlan(
            f"{file} is a plan of {plan.stack}, and this is {workspace.stack.name}",
            hint=f"`provision up {what}`",
        )
    if (plan.account, plan.region) != (where.account, where.region):
        raise WrongAccount(
            f"{file} is a plan for account {plan.account}, {plan.region}; these credentials belong"
            f" to {where.account}, {where.region}",
            hint="choose the right --profile and --region, or save another plan",
        )


def _refuse(file: Path, plan: SavedPlan, moved: Iterable[str]) -> None:
    lines = list(moved)
    if not lines:
        return
    place = shlex.quote(str(file))
    allowed = "".join(f" {shlex.quote(word)}" for word in plan.consent.options)
    raise StalePlan(
        f"Nothing was done: since {file} was saved, this has changed:",
        more=listed_changes(lines),
        hint=f"plan again: `provision plan --out {place}{allowed}`",
    )

"""Runs `provision plan`: plans as `up` does, with writes refused before they are sent."""

from __future__ import annotations

from pathlib import Path

from provision.commands.confirmation import asks_for_new
from provision.commands.node_names import check_nodes
from provision.commands.prerequisites import plan_with_prerequisites
from provision.commands.session import Session
from provision.plan.change import Action
from provision.plan.options import PlanOptions
from provision.views.packed import print_packed
from provision.workflows.saved_plan import capture_plan, write_plan

CHANGES_PENDING = 4


def plan(
    session: Session,
    *,
    check: bool,
    adopt: tuple[str, ...],
    destroy: tuple[str, ...],
    out: Path | None,
) -> int:
    """Show the plan. Exit codes: 0, or 4 with `check` if anything would change."""
    workspace = session.open(unlisted=asks_for_new(session, "Plan a new environment"))
    check_nodes(workspace, (*adopt, *destroy))
    plan_options = PlanOptions(frozenset(adopt), frozenset(destroy))
    with workspace.read_state() as journal:
        seen = plan_with_prerequisites(session, workspace, journal, plan_options)
    if out:
        write_plan(out, capture_plan(workspace.inputs, seen.all, plan_options))
    if session.call.as_json:
        session.print_document(workspace, seen.all, seen.observed)
    else:
        title = f"{workspace.stack.name}: what `up` would do"
        session.show_plan(session.results, workspace, title, seen.all)
        if session.verbose:
            print_packed(session.results, workspace.inputs.config)
        if out:
            command = session.call.command("up", str(out), *plan_options.options)
            session.say(f"saved: `{command}` applies exactly this, or nothing")
    stuck = any(change.action is Action.FOREIGN for change in seen.all.values())
    return CHANGES_PENDING if check and (seen.has_changes or stuck) else 0

"""`provision plan`: the same look as `up`'s, with writes refused before they leave."""

from __future__ import annotations

from pathlib import Path

from provision.commands.confirmation import asks_for_new
from provision.commands.prerequisites import look_to_make
from provision.commands.session import Session, check_nodes, found
from provision.plan.change import Action
from provision.plan.options import PlanOptions
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
    """The exit code: 0, or 4 with `check` when anything would change."""
    bench = session.open(unlisted=asks_for_new(session, "Plan a new environment"))
    check_nodes(bench, (*adopt, *destroy))
    consent = PlanOptions(frozenset(adopt), frozenset(destroy))
    with bench.read_state() as journal:
        seen = look_to_make(session, bench, journal, consent)
    if out:
        write_plan(out, capture_plan(bench.inputs, seen.all, consent))
    if session.call.as_json:
        session.print_document(bench, seen.all, found(seen), walks=seen.walks)
    else:
        title = f"{bench.stack.name}: what `up` would do"
        session.show_plan(session.results, bench, title, seen.all)
        if out:
            command = session.call.command("up", str(out), *consent.options)
            session.say(f"saved: `{command}` does exactly this, or nothing")
    stuck = any(change.action is Action.FOREIGN for change in seen.all.values())
    return CHANGES_PENDING if check and (seen.has_changes or stuck) else 0

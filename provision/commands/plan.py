"""`provision plan`: the same look as `up`'s, with writes refused before they leave."""

from __future__ import annotations

from provision.commands.session import Session, found
from provision.finding import Action
from provision.screens.plan import print_plan

CHANGES_PENDING = 4


def plan(session: Session, *, check: bool) -> int:
    """The exit code: 0, or 4 with `check` when anything would change."""
    bench = session.open()
    with bench.reading() as journal:
        seen = session.look(bench, journal)
    if session.call.as_json:
        session.print_document(bench, seen.all, found(seen))
    else:
        title = f"{bench.stack.name}: what `provision up` would do"
        print_plan(session.results, title, seen.all, all_fields=session.verbose > 0)
    stuck = any(finding.action is Action.FOREIGN for finding in seen.all.values())
    return CHANGES_PENDING if check and (seen.changes or stuck) else 0

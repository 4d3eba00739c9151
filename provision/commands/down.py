"""`provision down`: show what goes and what stays, ask, remove."""

from __future__ import annotations

from provision.commands.session import Session, check_nodes, quiet, writes
from provision.look import Consent
from provision.run import down as remove
from provision.run import plan_removal
from provision.screens.closing import print_receipt
from provision.screens.progress import Progress


def down(
    session: Session, *, yes: bool, destroy: tuple[str, ...], destroy_data: bool, workers: int
) -> int:
    """The exit code: 0 done, 1 not agreed to, 9 partly done, 130 interrupted."""
    session.refuse_to_hang("down", yes=yes)
    bench = session.open(build_sources=False)
    check_nodes(bench, destroy)
    consent = Consent(destroy=frozenset(destroy), destroy_data=destroy_data)
    with bench.writing(session.call.again) as journal:
        seen = session.look(bench, journal, consent, workers)
        removal = plan_removal(quiet(bench, journal, consent), seen)
        if not session.call.as_json:
            session.show_plan(f"{bench.stack.name}: what `down` does", removal.all)
        if removal.changes and not (yes or session.agreed(bench, "Remove this?")):
            return 1
        with (
            Progress(session.errors, writes(removal.all)) as progress,
            session.call.stopping.gently(bench.aws.clock),
        ):
            engine = bench.engine(journal, progress.report, consent)
            outcome = remove(engine, removal, workers=workers)
    if session.call.as_json:
        error = session.verdict(outcome)
        session.print_document(bench, outcome.findings, {}, failed=outcome.failed, error=error)
    else:
        print_receipt(session.errors, outcome, bench.aws.calls, session.seconds)
    return session.end(outcome)

"""`provision up`: plan, ask, make, print the outputs."""

from __future__ import annotations

from provision.commands.session import Session, check_nodes, writes
from provision.look import Consent
from provision.opening import LOCAL
from provision.run import up as make_true
from provision.screens.closing import print_receipt, print_welcome
from provision.screens.progress import Progress
from provision.stack.outputs import outputs


def up(
    session: Session, *, yes: bool, adopt: tuple[str, ...], destroy: tuple[str, ...], workers: int
) -> int:
    """The exit code: 0 done, 1 not agreed to, 9 partly done, 130 interrupted."""
    session.refuse_to_hang("up", yes=yes)
    bench = session.open()
    check_nodes(bench, (*adopt, *destroy))
    consent = Consent(frozenset(adopt), frozenset(destroy))
    with bench.writing(session.call.again) as journal:
        seen = session.look(bench, journal, consent, workers)
        if not session.call.as_json:
            session.show_plan(f"{bench.stack.name}: what `up` does", seen.all)
        if seen.changes and not (yes or session.agreed(bench, "Do this?")):
            return 1
        bench.pin(journal)
        with (
            Progress(session.errors, writes(seen.all)) as progress,
            session.call.stopping.gently(bench.aws.clock),
        ):
            engine = bench.engine(journal, progress.report, consent)
            outcome = make_true(engine, seen, workers=workers)
    error = session.verdict(outcome)
    if session.call.as_json:
        session.print_document(
            bench, outcome.findings, outcome.steps, failed=outcome.failed, error=error
        )
    else:
        print_receipt(session.errors, outcome, bench.aws.calls, session.seconds)
        if not error:
            is_local = bench.site.config.environment == LOCAL
            known = outputs(bench.site, outcome.steps)
            print_welcome(session.results, known, bench.site, local=is_local)
    return session.end(outcome)

"""`provision up`: plan, ask, make, print the outputs."""

from __future__ import annotations

from provision.commands.session import Session, check_nodes, writes
from provision.engine import Consent
from provision.errors import PartlyDone
from provision.finding import Action, Finding
from provision.opening import LOCAL
from provision.run import Survey
from provision.run import up as make_true
from provision.screens.closing import print_receipt, print_welcome
from provision.screens.progress import Progress
from provision.stack.outputs import outputs


def up(
    session: Session, *, yes: bool, adopt: tuple[str, ...], destroy: tuple[str, ...], workers: int
) -> int:
    """The exit code: 0 done, 1 not agreed to, 9 partly done."""
    session.refuse_to_hang("up", yes=yes)
    bench = session.open()
    check_nodes(bench, (*adopt, *destroy))
    consent = Consent(frozenset(adopt), frozenset(destroy))
    with bench.writing("provision up") as journal:
        seen = session.look(bench, journal, consent, workers)
        if not session.as_json:
            session.show_plan(f"{bench.stack.name}: what `up` does", seen.all)
        _stop_where_nothing_can_be_done(seen)
        if seen.changes and not (yes or session.agreed("Do this?")):
            return 1
        with Progress(session.errors, writes(seen.all)) as progress:
            engine = bench.engine(journal, progress.report, consent)
            outcome = make_true(engine, seen, workers=workers)
    if session.as_json:
        session.print_document(bench, outcome.findings, outcome.steps, failed=outcome.failed)
    else:
        print_receipt(session.errors, outcome, bench.aws.calls, session.seconds)
        if not outcome.failed:
            is_local = bench.site.config.environment == LOCAL
            known = outputs(bench.site, outcome.steps)
            print_welcome(session.results, known, bench.site, local=is_local)
    return session.exit_code(outcome, "up")


def _stop_where_nothing_can_be_done(seen: Survey) -> None:
    blocked = [finding for finding in seen.all.values() if _needs_a_decision(finding)]
    if blocked and not seen.changes:
        first = blocked[0]
        raise PartlyDone(
            f"{first.node}: {first.reason or 'needs your word'}", hint=f"decide: {first.refusal}"
        )


def _needs_a_decision(finding: Finding) -> bool:
    return bool(finding.refusal) or finding.action is Action.FOREIGN

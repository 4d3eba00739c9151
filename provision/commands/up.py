"""`provision up`: plan, ask, make, print the outputs; or make exactly what a saved plan says."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path

from provision.commands.agreement import Agreement, agreed, asks_for_new, check, destroys_data
from provision.commands.session import Session, check_nodes, quiet, writes
from provision.commands.wording import worded_outcome
from provision.consent import Consent
from provision.errors import WrongAccount
from provision.journal import Journal
from provision.opening import LOCAL, Workbench
from provision.run import Outcome, Survey
from provision.run import up as make_true
from provision.saved import PlanMoved, SavedPlan, moved_ground, moved_nodes, read_plan, taken
from provision.screens.closing import NextSteps, print_receipt, print_welcome
from provision.screens.timing import print_timing
from provision.stack.outputs import outputs

TOLD = 12
"""Lines of what moved before the rest is only counted."""


def up(
    session: Session,
    agreement: Agreement,
    *,
    adopt: tuple[str, ...],
    destroy: tuple[str, ...],
    backup: bool,
    workers: int,
) -> int:
    """The exit code: 0 done, 1 not agreed to, 9 partly done, 130 interrupted."""
    session.refuse_to_hang("up", yes=agreement.given)
    bench = session.open(unlisted=asks_for_new(session, "Make a new environment", agreement))
    check_nodes(bench, (*adopt, *destroy))
    consent = Consent(frozenset(adopt), frozenset(destroy), backup=backup)
    with bench.writing(session.call.again) as journal:
        seen = _look(session, bench, journal, consent, workers)
        protected = bench.site.config.protected and destroys_data(seen.all)
        if seen.doable and not agreed(session, bench, "Do this?", agreement, protected=protected):
            return 1
        outcome = _make(session, bench, journal, seen, consent, workers)
    return _end(session, bench, seen, outcome)


def up_saved(session: Session, file: Path, agreement: Agreement, *, workers: int) -> int:
    """The same without a question: the file is the consent. Raises `PlanMoved`, naming what is not
    as it was when the plan was made; then nothing is done.
    """
    plan = read_plan(file)
    bench = session.open()
    _check_place(bench, file, plan)
    now = taken(bench.site, {}, plan.consent, plan.salt)
    _refuse(file, plan, moved_ground(plan, now))
    with bench.writing(session.call.again) as journal:
        seen = _look(session, bench, journal, plan.consent, workers)
        now = taken(bench.site, seen.all, plan.consent, plan.salt)
        _refuse(file, plan, moved_nodes(plan, now))
        protected = bench.site.config.protected and destroys_data(seen.all)
        check(bench.stack.name, agreement, protected=protected)
        outcome = _make(session, bench, journal, seen, plan.consent, workers)
    return _end(session, bench, seen, outcome)


def _look(
    session: Session, bench: Workbench, journal: Journal, consent: Consent, workers: int
) -> Survey:
    seen = session.look(bench, journal, consent, workers)
    if not session.call.as_json:
        session.show_plan(session.errors, bench, f"{bench.stack.name}: what `up` does", seen.all)
    return seen


def _make(
    session: Session,
    bench: Workbench,
    journal: Journal,
    seen: Survey,
    consent: Consent,
    workers: int,
) -> Outcome:
    bench.pin(journal)
    if not seen.doable:  # what is refused is told at the end, once
        with session.call.stopping.gently(bench.aws.clock):
            return make_true(quiet(bench, journal, consent), seen, workers=workers)
    with (
        session.call.stopping.gently(bench.aws.clock),
        session.showing(writes(seen.all)) as progress,
    ):
        engine = bench.engine(journal, progress.report, consent)
        return make_true(engine, seen, workers=workers)


def _end(session: Session, bench: Workbench, seen: Survey, outcome: Outcome) -> int:
    error, walks = session.verdict(outcome), (*seen.walks, *outcome.walks)
    if session.call.as_json:
        session.print_document(
            bench, outcome.findings, outcome.steps, failed=outcome.failed, error=error, walks=walks
        )
    else:
        told = worded_outcome(session.call, outcome)
        print_receipt(session.errors, told, session.call.command)
        chain = session.longest(walks)
        print_timing(session.errors, session.seconds, bench.aws.calls, chain)
        if not error:
            known = outputs(bench.site, outcome.steps)
            on_local = bench.site.config.environment == LOCAL
            following = NextSteps(
                session.call.command("outputs", "api_key"),
                session.call.command("local", "stop") if on_local else "",
            )
            print_welcome(session.results, known, bench.site.config.api, following)
    return session.end(outcome)


def _check_place(bench: Workbench, file: Path, plan: SavedPlan) -> None:
    where = bench.site.where
    if plan.stack != bench.stack.name:
        raise PlanMoved(
            f"{file} is a plan of {plan.stack}, and this is {bench.stack.name}",
            hint=f"`provision up {shlex.quote(str(file))} --env {plan.environment}`",
        )
    if (plan.account, plan.region) != (where.account, where.region):
        raise WrongAccount(
            f"{file} is a plan for account {plan.account}, {plan.region}; these credentials lead to"
            f" {where.account}, {where.region}",
            hint="choose the right --profile and --region, or save another plan",
        )


def _refuse(file: Path, plan: SavedPlan, moved: Iterable[str]) -> None:
    lines = list(moved)
    if not lines:
        return
    more = [f"and {len(lines) - TOLD} more"] if len(lines) > TOLD else []
    again = ["--out", str(file)]
    again += [word for node in plan.adopt for word in ("--adopt", node)]
    again += [word for node in plan.destroy for word in ("--destroy", node)]
    raise PlanMoved(
        f"Nothing was done: since {file} was saved, this has moved:",
        more=[f"  {line}" for line in [*lines[:TOLD], *more]],
        hint=f"look again: `provision plan {shlex.join(again)}`",
    )

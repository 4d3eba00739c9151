"""The look before anything is made: what the stack stands on has to be there."""

from __future__ import annotations

from provision.aws.read_only import only_reading
from provision.commands.former_names import formerly
from provision.commands.session import Session, quiet
from provision.engine.engine import WORKERS, Plan
from provision.plan.options import PlanOptions
from provision.state.journal import Journal
from provision.workflows.prerequisites import demand_ground
from provision.workspace import Workspace


def look_to_make(
    session: Session,
    bench: Workspace,
    journal: Journal,
    consent: PlanOptions,
    workers: int = WORKERS,
) -> Plan:
    """As the session looks, for `plan` and `up`."""
    if words := formerly(session.options, bench):
        session.say(words)
    seen = session.plan(bench, journal, consent, workers)
    with only_reading(bench.aws):
        demand_ground(quiet(bench, journal, consent), seen)
    return seen

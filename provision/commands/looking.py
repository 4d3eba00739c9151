"""The look before anything is made: what the stack stands on has to be there."""

from __future__ import annotations

from provision.commands.formerly import formerly
from provision.commands.session import Session, quiet
from provision.consent import Consent
from provision.ground import demand_ground
from provision.journal import Journal
from provision.opening import Workbench
from provision.reading import only_reading
from provision.run import WORKERS, Survey


def look_to_make(
    session: Session,
    bench: Workbench,
    journal: Journal,
    consent: Consent,
    workers: int = WORKERS,
) -> Survey:
    """As the session looks, for `plan` and `up`."""
    if words := formerly(session.options, bench):
        session.say(words)
    seen = session.look(bench, journal, consent, workers)
    with only_reading(bench.aws):
        demand_ground(quiet(bench, journal, consent), seen)
    return seen

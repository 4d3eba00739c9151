"""Rights go last: what `up` takes away from anybody goes when everything else is made, so that code
that is live until then does not lose what it uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from provision.engine import Engine
from provision.errors import ProvisionError
from provision.finding import Action, Cause, Finding, difference
from provision.step import Step
from provision.timing import Walk
from provision.visits import new_walk, visit_all

GOES_LAST: Final = "what it takes away goes when all else is made"


def rights_kept(finding: Finding) -> Finding | None:
    """The finding with all that is allowed now left in place; None where nothing is taken away, or
    only what somebody else has given."""
    want, have = finding.want, finding.have
    if finding.action is not Action.UPDATE or want is None or have is None:
        return None
    if all(change.cause is Cause.DRIFT and not change.both for change in finding.changes):
        return None
    wider = want.meanwhile(have)
    if wider == want:
        return None
    return replace(finding, want=wider, changes=difference(wider, have, None))


def take_away(
    engine: Engine, late: Mapping[str, Finding], steps: dict[str, Step], workers: int
) -> tuple[dict[str, ProvisionError], Walk]:
    """Make what `rights_kept` held back as it is wanted. `steps`: by node as made; changed here."""

    def visit(name: str) -> None:
        finding, made = late[name], steps[name]
        assert finding.want is not None
        left = replace(finding, have=made, changes=difference(finding.want, made, None))
        steps[name] = engine.make(left)
        engine.settle(left, steps[name])

    walked = new_walk(engine, "take away", dict.fromkeys(late, ()))
    return visit_all(engine, walked, visit, workers), walked

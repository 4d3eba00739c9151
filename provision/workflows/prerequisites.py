"""Checks that what no node creates (a zone, a certificate) exists before anything is created.

Commands that only read or delete continue without it.
"""

from __future__ import annotations

from typing import Final

from provision.engine.engine import Engine
from provision.engine.errors import translate_error
from provision.model.capabilities import HasPrerequisites
from provision.plan.change import Action
from provision.plan.plan import Plan

NEEDING: Final = frozenset({Action.CREATE, Action.REPLACE, Action.UPDATE})
"""The actions that need a prerequisite; without any, a missing one stops nothing."""


def check_prerequisites(engine: Engine, seen: Plan) -> None:
    """Raise the first error of a missing prerequisite, naming the node that needs it."""
    for node, change in seen.changes.items():
        want = change.want
        if not isinstance(want, HasPrerequisites) or change.action not in NEEDING:
            continue
        try:
            want.check_prerequisites(engine.aws)
        except Exception as error:
            told = translate_error(error)
            raise told.reworded(message=f"{node}: {told.message}") from error

"""What was looked at before a question is looked at again after its answer: a person may take an
hour, and others work meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from provision.commands.session import Session
from provision.engine.engine import Plan
from provision.workflows.saved_plan import StalePlan, changed_nodes, planned, told_moves


def looked_again(session: Session, shown: Plan, look: Callable[[], Plan]) -> Plan:
    """What `look` finds, which is to be done: the very same as was shown and agreed to. Raises
    `StalePlan`, naming each node that is not as it was shown; then nothing is done.
    """
    now = look()
    salt = ""  # the digests go nowhere
    lines = list(changed_nodes(planned(salt, shown.all), planned(salt, now.all)))
    if lines:
        raise StalePlan(
            "Nothing was done: while the question waited for its answer, this has moved:",
            more=told_moves(lines),
            hint=f"look again: `{session.call.anew or session.call.rerun_command}`",
        )
    return replace(now, walks=(*shown.walks, *now.walks))

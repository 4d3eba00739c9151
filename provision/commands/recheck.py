"""Plans again after a question was answered.

The answer may take an hour, and others may change the stack meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable

from provision.commands.session import Session
from provision.plan.plan import Plan
from provision.workflows.saved_plan import StalePlan, changed_nodes, listed_changes, planned


def replan_unchanged(session: Session, shown: Plan, plan_again: Callable[[], Plan]) -> Plan:
    """Return a new plan, of `plan_again`, if it has exactly the changes that were confirmed.

    Raises `StalePlan`, naming each node that differs; then nothing is done.
    """
    now = plan_again()
    salt = ""  # the digests are not stored
    lines = list(changed_nodes(planned(salt, shown.all), planned(salt, now.all)))
    if lines:
        raise StalePlan(
            "Nothing was done: this changed while the question waited for an answer:",
            more=listed_changes(lines),
            hint=f"plan again: `{session.call.replan_command or session.call.rerun_command}`",
        )
    return now

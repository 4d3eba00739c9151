"""Plans for `plan` and `up`, and checks that the prerequisites of what is created exist."""

from __future__ import annotations

from provision import LOCAL_ENVIRONMENT
from provision.commands.former_names import former_names_hint
from provision.commands.session import Session
from provision.engine.engine import WORKERS
from provision.plan.options import PlanOptions
from provision.plan.plan import Plan
from provision.state.journal import Journal
from provision.workflows.endpoint_services import check_endpoint_services
from provision.workflows.given import check_given, say_absent
from provision.workflows.prerequisites import check_prerequisites
from provision.workspace import Workspace


def plan_with_prerequisites(
    session: Session,
    workspace: Workspace,
    journal: Journal,
    plan_options: PlanOptions,
    workers: int = WORKERS,
) -> Plan:
    """Plan as `Session.plan` does, for `plan` and `up`. Raises the first missing prerequisite."""
    if words := former_names_hint(session.options, workspace):
        session.say(words)
    seen = session.plan(workspace, journal, plan_options, workers)
    with workspace.aws.reading():
        check_prerequisites(workspace.engine(journal, plan_options), seen)
        if workspace.inputs.config.environment == LOCAL_ENVIRONMENT:
            say_absent(seen, workspace.aws.location.account, session.say)
        else:
            check_endpoint_services(workspace.aws, seen)
            check_given(workspace.aws, seen, session.say)
    return seen

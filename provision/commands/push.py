"""Runs `provision push`: the code of all functions, or of those named, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import click

from provision.commands.run_result import finish, print_result_document
from provision.commands.session import Session
from provision.plan.change import Action
from provision.plan.options import PlanOptions
from provision.plan.plan import Result
from provision.state.journal import Journal
from provision.steps.lambda_.alias import Alias
from provision.views.formatting import pluralize
from provision.workflows.push import PushPlan, plan_push
from provision.workflows.push import push as push_code
from provision.workspace import Workspace, assume_recorded_account


def push(session: Session, functions: tuple[str, ...]) -> int:
    """Push code. Exit codes: 0 done, 1 refused before anything was written, 9 partly done."""
    workspace = session.open(guard=assume_recorded_account)
    keys = named_functions(workspace, functions)
    with workspace.write_state(session.call.rerun_command) as journal:
        result = _push(session, workspace, journal, keys)
    _report(session, workspace, result)
    return finish(session, result)


def named_functions(workspace: Workspace, functions: tuple[str, ...]) -> tuple[str, ...]:
    """Return those named, or all if none is. Raises `UsageError` for one not in config.yaml."""
    known = workspace.inputs.config.functions
    for name in functions:
        if name not in known:
            raise click.UsageError(
                f"config.yaml has no function {name}; it has {', '.join(known) or 'none'}"
            )
    return functions or tuple(known)


def _push(session: Session, workspace: Workspace, journal: Journal, keys: Sequence[str]) -> Result:
    """Plan and push, showing the progress."""
    with session.call.stopping.stopping(workspace.aws.clock):
        with session.busy(f"checking the code of {pluralize(len(keys), 'function')}"):
            seen = plan_push(workspace.engine(journal, PlanOptions()), keys)
        report_other_changes(session, seen)
        with session.showing(seen.writes) as progress:
            return push_code(workspace.engine(journal, PlanOptions(), progress.report), seen)


def report_other_changes(session: Session, seen: PushPlan) -> None:
    """Report what config.yaml changes besides the code, in a line for each function."""
    for node, release in seen.releases.items():
        if release.other_changes:
            fields = ", ".join(release.other_changes)
            session.say(f"{node}: config.yaml changes {fields} too; `provision up` applies that")


def _report(session: Session, workspace: Workspace, result: Result) -> None:
    if session.call.as_json:
        print_result_document(session, workspace, result, result.resources)
        return
    session.print_timing(workspace)
    for node, step in result.resources.items():
        if isinstance(step, Alias):
            session.results.print(live_words(result, node, step), soft_wrap=True)


def live_words(result: Result, node: str, alias: Alias) -> str:
    """Return which version callers reach now. `node` is the alias's."""
    kept = result.changes[node].action is Action.KEEP
    more = ", as before" if kept else ""
    return f"{node.removesuffix('.alias')}: version {alias.version} is {alias.name}{more}"

"""Runs `provision status`: the dashboard, once or until Ctrl-C."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import NoReturn

from rich.console import RenderableType

from provision.aws.concurrency import read_pool
from provision.aws.failed_call import NO_GOOD_ANSWER
from provision.commands.engine_messages import worded
from provision.commands.outages import Outages
from provision.commands.session import Session
from provision.config.checks import check_values
from provision.errors import Unreachable
from provision.plan.plan import Plan
from provision.stack.lookups import key_as_recorded
from provision.stack.outputs import outputs
from provision.state.import_checks import recall
from provision.steps.lambda_.alias import Alias
from provision.unknown import is_known
from provision.views.console import columns, print_page
from provision.views.draw_thread import Drawing
from provision.views.status import Heading, status_screen
from provision.views.window import Window
from provision.workflows.health import Health, of_what_is_there, read_health
from provision.workflows.troubles import troubles
from provision.workspace import Workspace

NOT_AS_WANTED = 5
REFRESH = 5.0
"""Seconds between two observations of --watch."""


def status(session: Session, *, watch: bool, check: bool) -> int:
    """Show the dashboard. Exit codes: 0, or 5 with `check` on drift, missing or unhealthy."""
    # Without a check of the sources: unfinished code does not hide what runs.
    workspace = session.open(check=check_values, key=key_as_recorded)
    if watch:
        _watch(session, workspace)
    seen, health = observe(session, workspace)
    if session.call.as_json:
        session.print_document(workspace, seen.all, seen.observed, health=health)
    else:
        page = _screen(session, workspace, seen, health, columns(session.results), None)
        print_page(session.results, page)
    return NOT_AS_WANTED if check and troubles(seen.all, health) else 0


def _watch(session: Session, workspace: Workspace) -> NoReturn:
    """Redraw the dashboard until a signal comes; the screen is then as it was before."""
    window = Window(session.results)
    drawing = Drawing(window)
    outages = Outages(session, workspace.aws.clock)
    with session.call.terminal.shows(drawing):
        while True:
            try:
                seen, health = observe(session, replace(workspace, timings=[]))
            except (*NO_GOOD_ANSWER, Unreachable) as error:
                outages.failed(error)
                continue
            outages.answered()
            at = time.strftime("%H:%M:%S")
            picture = partial(_screen, session, workspace, seen, health, at=at)
            drawing.do(partial(window.show, picture))
            workspace.aws.clock.sleep(REFRESH)


def observe(session: Session, workspace: Workspace) -> tuple[Plan, Health]:
    """Plan, and read the health of the recorded nodes meanwhile."""
    with (
        workspace.read_state() as journal,
        session.call.stopping.stopping(workspace.aws.clock),
        read_pool() as pool,
    ):
        recorded = {n: r.step for n, r in journal.records.items() if not r.pending}
        asked = pool.submit(read_health, workspace.aws, recorded)
        seen = session.plan(workspace, journal)
        there = seen.observed
        lost = there.keys() - recorded.keys()
        health = read_health(workspace.aws, there) if lost else asked.result()
    session.raise_if_interrupted()
    health = of_what_is_there(health, there)
    return seen, replace(health, not_imported=_not_imported(workspace, seen))


def _not_imported(workspace: Workspace, seen: Plan) -> dict[str, str]:
    """Return by node why the wanted version of an alias is not live: its latest import check."""
    latest = {(each.function, each.version): each for each in recall(workspace.directory)}
    found = {}
    for node, change in seen.all.items():
        want = change.want
        if isinstance(want, Alias) and is_known((want.function, want.version)) and change.diffs:
            tried = latest.get((want.function, want.version))
            if tried and tried.error:
                found[node] = f"version {tried.version} cannot be imported: {tried.error}"
    return found


def _screen(
    session: Session,
    workspace: Workspace,
    seen: Plan,
    health: Health,
    width: int,
    height: int | None,
    *,
    at: str = "",
) -> RenderableType:
    """Return the dashboard for a window of this size; None for as many lines as needed."""
    where = workspace.inputs.location
    heading = Heading(
        workspace.stack.name,
        workspace.inputs.config.environment,
        where.account,
        where.region,
        outputs(workspace.inputs, seen.observed).get("api_endpoint", ""),
        session.call.command("up"),
        session.call.command("status"),
        session.call.expand_hint,
        at,
    )
    told = worded(session.call, seen.all)
    return status_screen(
        heading, told, health, width=width, height=height, every_node=session.verbose > 0
    )

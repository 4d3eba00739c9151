"""`provision status`: the dashboard, once or until Ctrl-C."""

from __future__ import annotations

import time
from functools import partial
from typing import NoReturn

from rich.console import RenderableType

from provision.aws.concurrency import read_pool
from provision.commands.engine_messages import worded
from provision.commands.session import Session, found
from provision.config.checks import check_values
from provision.engine.engine import Plan
from provision.stack.customer_key import key_as_recorded
from provision.stack.outputs import outputs
from provision.views.console import columns, print_page
from provision.views.draw_thread import Drawing
from provision.views.status import Heading, status_screen
from provision.views.window import Window
from provision.workflows.health import Health, of_what_is_there, read_health
from provision.workflows.troubles import troubles
from provision.workspace import Workspace

NOT_AS_WANTED = 5
REFRESH = 5.0
"""Seconds between two looks of --watch."""


def status(session: Session, *, watch: bool, check: bool) -> int:
    """The exit code: 0, or 5 with `check` on drift, missing or unhealthy."""
    # Code that is being written does not hide what runs.
    bench = session.open(check=check_values, key=key_as_recorded)
    if watch:
        _watch(session, bench)
    seen, health = _look(session, bench)
    if session.call.as_json:
        session.print_document(bench, seen.all, found(seen), health=health, walks=seen.walks)
    else:
        page = _screen(session, bench, seen, health, columns(session.results), None)
        print_page(session.results, page)
    return NOT_AS_WANTED if check and troubles(seen.all, health) else 0


def _watch(session: Session, bench: Workspace) -> NoReturn:
    """Ends by a signal only; the screen is then as it was before."""
    window = Window(session.results)
    drawing = Drawing(window)
    with session.call.terminal.shows(drawing):
        while True:
            seen, health = _look(session, bench)
            at = time.strftime("%H:%M:%S")
            picture = partial(_screen, session, bench, seen, health, at=at)
            drawing.do(partial(window.show, picture))
            bench.aws.clock.sleep(REFRESH)


def _look(session: Session, bench: Workspace) -> tuple[Plan, Health]:
    """The health of what is recorded is asked for while it is looked at."""
    with (
        bench.read_state() as journal,
        session.call.stopping.stopping(bench.aws.clock),
        read_pool() as pool,
    ):
        recorded = {n: r.step for n, r in journal.records.items() if not r.pending}
        asked = pool.submit(read_health, bench.aws, recorded)
        seen = session.plan(bench, journal)
        there = found(seen)
        lost = there.keys() - recorded.keys()
        health = read_health(bench.aws, there) if lost else asked.result()
    session.check_goes_on()
    return seen, of_what_is_there(health, there)


def _screen(
    session: Session,
    bench: Workspace,
    seen: Plan,
    health: Health,
    width: int,
    height: int | None,
    *,
    at: str = "",
) -> RenderableType:
    """The dashboard for a window of this size; None for as many lines as it takes."""
    where = bench.inputs.location
    heading = Heading(
        bench.stack.name,
        bench.inputs.config.environment,
        where.account,
        where.region,
        outputs(bench.inputs, found(seen)).get("api_endpoint", ""),
        session.call.command("up"),
        session.call.command("status"),
        session.call.expand_hint,
        at,
    )
    told = worded(session.call, seen.all)
    return status_screen(
        heading, told, health, width=width, height=height, every_node=session.verbose > 0
    )

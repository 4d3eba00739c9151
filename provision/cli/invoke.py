"""Defines the options and arguments of `provision invoke`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provision.cli.command_classes import Verb
from provision.cli.completions import complete_events, complete_functions, complete_routes
from provision.cli.options import json_option, pass_session

if TYPE_CHECKING:
    from provision.commands.session import Session

LIVE = "live"


def _version(_: click.Context, __: click.Parameter, value: str) -> str:
    """Return the version. Raises `BadParameter` for what is neither a number nor a known word."""
    if value not in {LIVE, "latest"} and not (value.isascii() and value.isdecimal()):
        raise click.BadParameter(f"{value!r} is no version: give its number, live or latest")
    return value


version_option = click.option(
    "--version",
    callback=_version,
    default=LIVE,
    show_default=True,
    metavar="N|live|latest",
    help="The version that runs; `latest` is the code uploaded last.",
)


@click.command(cls=Verb, short_help="Run a function once, and see its answer and log.")
@click.argument("function", required=False, shell_complete=complete_functions)
@click.option("--payload", metavar="JSON|@FILE|-", help="The event; - reads stdin. Default: {}.")
@click.option(
    "--event",
    metavar="NAME",
    shell_complete=complete_events,
    help="The event saved as events/NAME.json, next to config.yaml.",
)
@click.option(
    "--route",
    metavar="'METHOD /PATH'",
    shell_complete=complete_routes,
    help="Find the function in config.yaml, and send what API Gateway would send for this request.",
)
@click.option("--query", multiple=True, metavar="K=V", help="With --route. Repeatable.")
@click.option("--header", multiple=True, metavar="K:V", help="With --route. Repeatable.")
@click.option("--body", metavar="TEXT|@FILE", help="With --route.")
@version_option
@click.option(
    "--async",
    "asynchronous",
    is_flag=True,
    envvar="PROVISION_INVOKE_ASYNC",
    allow_from_autoenv=False,
    help="Queue the event; Lambda retries it.",
)
@click.option("--no-tail", is_flag=True, help="Leave the function's log out.")
@click.option("--save", metavar="NAME", help="Write the event to events/NAME.json; run nothing.")
@json_option
@pass_session
def invoke(
    session: Session,
    function: str | None,
    payload: str | None,
    event: str | None,
    route: str | None,
    query: tuple[str, ...],
    header: tuple[str, ...],
    body: str | None,
    version: str,
    save: str | None,
    *,
    asynchronous: bool,
    no_tail: bool,
) -> int:
    """Run FUNCTION of config.yaml once, or the one behind a route.

    stdout is its answer alone. Exit codes: 5 if the function failed, 1 if it is not there or no
    answer came.
    """
    from provision.commands.invoke import EventOptions, InvokeOptions  # noqa: PLC0415
    from provision.commands.invoke import invoke as run  # noqa: PLC0415
    from provision.commands.invoke_event import RequestOptions  # noqa: PLC0415

    wanted = EventOptions(function, payload, event, RequestOptions(route, query, header, body))
    return run(session, wanted, InvokeOptions(version, asynchronous, tail=not no_tail), save)

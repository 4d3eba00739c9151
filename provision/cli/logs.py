"""Defines the options and arguments of `provision logs`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provision.cli.command_classes import Verb
from provision.cli.completions import complete_logs
from provision.cli.options import json_option, pass_session

if TYPE_CHECKING:
    from provision.commands.session import Session

LIMIT = 1000
MOST = 100_000


@click.command(cls=Verb)
@click.argument("what", nargs=-1, shell_complete=complete_logs)
@click.option(
    "--since",
    default="10m",
    show_default=True,
    metavar="TIME",
    help="90s, 10m, 2h, 3d or ISO 8601.",
)
@click.option("--until", metavar="TIME", help="The same. Default: now.")
@click.option("--follow", "-f", is_flag=True, help="Print new lines until Ctrl-C.")
@click.option("--errors", is_flag=True, help="Errors, timeouts and answers 5xx only.")
@click.option("--request", metavar="ID", help="One request, by an id or its beginning.")
@click.option(
    "--filter",
    "text",
    envvar="PROVISION_LOGS_FILTER",
    allow_from_autoenv=False,
    metavar="TEXT",
    help="Lines with this text, in any letter case.",
)
@click.option("--pattern", metavar="P", help="A filter pattern of CloudWatch Logs.")
@click.option("--version", metavar="N", help="Lines of this version of a function.")
@click.option(
    "--limit",
    type=click.IntRange(1, MOST),
    metavar="N",
    help=f"The newest lines only. [default: {LIMIT}]",
)
@click.option("--no-join", is_flag=True, help="Print each line by itself.")
@click.option("--raw", is_flag=True, help="Print the lines as they were written.")
@json_option
@click.option("--jsonl", is_flag=True, help="Print one JSON object a line.")
@pass_session
def logs(
    session: Session,
    what: tuple[str, ...],
    since: str,
    until: str | None,
    request: str | None,
    text: str | None,
    pattern: str | None,
    version: str | None,
    limit: int | None,
    *,
    follow: bool,
    errors: bool,
    no_join: bool,
    raw: bool,
    jsonl: bool,
) -> int:
    """Show what requests left in the logs, joined to one story each.

    WHAT is the name of a function, or `api`; all if none is given.
    """
    from provision.commands.log_query import Form, LogQuery  # noqa: PLC0415
    from provision.commands.logs import logs as run  # noqa: PLC0415
    from provision.workflows.logs.criteria import Criteria  # noqa: PLC0415

    chosen = {Form.JSON: session.call.as_json, Form.JSON_LINES: jsonl, Form.RAW: raw}
    forms = [form for form, given in chosen.items() if given]
    if len(forms) > 1:
        raise click.UsageError("--json, --jsonl and --raw are forms of output: choose one")
    if follow and (session.call.as_json or until or limit):
        raise click.UsageError(
            "--follow has no end: --until, --limit and --json (one document) do not go with it;"
            " --jsonl prints one object a line"
        )
    form = forms[0] if forms else Form.LINES if no_join else Form.STORIES
    wanted = Criteria(errors, text or "", (request or "").rstrip("…"), version or "")
    return run(
        session,
        LogQuery(what, since, until, pattern or "", wanted, limit or LIMIT, form),
        follow=follow,
    )

"""Runs `provision logs`: reads the stack's log groups once, or until Ctrl-C, and prints them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

import click

from provision.commands.log_following import print_as_it_comes
from provision.commands.log_query import Form, LogQuery, LogReading
from provision.commands.outputs import known_steps
from provision.commands.session import Session
from provision.config import Config
from provision.config.checks import check_values
from provision.errors import ProvisionError
from provision.model.step import Step
from provision.stack.lookups import key_as_recorded
from provision.state.import_checks import recall
from provision.steps.apigateway.api_key import ApiKey
from provision.views.json_logs import logs_document
from provision.views.logs import LogScreen
from provision.workflows.logs.criteria import Criteria
from provision.workflows.logs.line import LogLine
from provision.workflows.logs.moments import FORMS, milliseconds, parse_moment
from provision.workflows.logs.newest import NewestLines
from provision.workflows.logs.parser import LogParser
from provision.workflows.logs.reader import LogReader
from provision.workflows.logs.sources import API, LogSource, log_sources
from provision.workflows.logs.stories import Stories, Story
from provision.workspace import Workspace

if TYPE_CHECKING:
    pass

KEPT: Final = 200_000
"""The most lines that are held in memory (`NewestLines`)."""
ROUND: Final = 1.0
"""Seconds between two rounds of --follow."""


def logs(session: Session, query: LogQuery, *, follow: bool) -> int:
    """Print the logs. Exit codes: 0, also for no lines; 1 without a group; 2 for a wrong name."""
    workspace = session.open(build_sources=False, check=check_values, key=key_as_recorded)
    start, end = _span(workspace, query)
    _refuse_unknown(workspace, query.what)
    steps = known_steps(session, workspace)
    sources = log_sources(steps, query.what)
    _require(query, sources)
    reader = LogReader(workspace.aws, start, query.pattern)
    screen = LogScreen(
        session.results,
        _key_names(steps),
        background=session.verbose > 0,
        folders=function_folders(workspace.inputs.config),
    )
    own = {each.request: each.error for each in recall(workspace.directory)}
    reading = LogReading(query, sources, reader, screen, own)
    _warn_of_pattern(session, workspace, query.pattern)
    with ExitStack() as running:
        running.enter_context(workspace.aws.reading())
        running.enter_context(session.call.stopping.stopping(workspace.aws.clock))
        if follow:
            print_as_it_comes(session, workspace.aws.clock, reading)
        with session.busy("reading the logs"):
            lines = _read(reading, end)
    session.raise_if_interrupted()
    reading.refuse_missing()
    _print_once(session, workspace, reading, lines)
    return 0


def _span(workspace: Workspace, query: LogQuery) -> tuple[int, int | None]:
    """Return the first and last millisecond asked for.

    Without --until there is no end: this machine's clock may be behind that of AWS.
    """
    now = milliseconds(workspace.aws.clock.today())
    start = _moment("--since", query.since, workspace)
    end = _moment("--until", query.until, workspace) if query.until else None
    if start > (now if end is None else end):
        what = "--until is before --since" if query.until else "--since is in the future"
        raise click.UsageError(what)
    return start, end


def _moment(option: str, text: str, workspace: Workspace) -> int:
    try:
        return milliseconds(parse_moment(text, workspace.aws.clock.today()))
    except ValueError as error:
        raise click.UsageError(f"{option} {text}: give {FORMS}") from error


def _refuse_unknown(workspace: Workspace, what: Sequence[str]) -> None:
    known = [API, *workspace.inputs.config.functions]
    for name in what:
        if name not in known:
            near = get_close_matches(name, known, 1) or known
            raise click.UsageError(f"there are no logs of {name}; there are of {', '.join(near)}")


def _require(query: LogQuery, sources: Sequence[LogSource]) -> None:
    """Raise an error if something that was asked for is not deployed."""
    have = {source.asked_as for source in sources}
    lacking = [name for name in query.what if name not in have]
    if lacking or not have:
        raise ProvisionError(
            f"{', '.join(lacking) or 'the stack'} has no log group yet",
            hint="`provision up` creates it",
        )


def _warn_of_pattern(session: Session, workspace: Workspace, pattern: str) -> None:
    if workspace.aws.access.endpoint and (pattern.startswith(("{", "[", "%")) or "?" in pattern):
        session.say("warning: the emulator obeys only plain words in --pattern; see --filter")


def _key_names(steps: Mapping[str, Step]) -> dict[str, str]:
    """Map the id of each API key to its name in config.yaml."""
    return {
        step.id: node.rpartition(".")[2] for node, step in steps.items() if isinstance(step, ApiKey)
    }


def _read(reading: LogReading, end: int | None) -> NewestLines:
    """Return the newest lines of all groups."""
    parser = LogParser(reading.own)
    newest = NewestLines(KEPT, reading.query.criteria.may_match)
    for source, event in reading.reader.events(reading.sources, end):
        newest.add(parser.parse(source, event))
    return newest


def function_folders(config: Config) -> dict[str, str]:
    """Return the folder of each function's code, by the source of its lines."""
    return {f"function.{name}": one.source.as_posix() for name, one in config.functions.items()}


def _resolved(lines: Sequence[LogLine]) -> list[LogLine]:
    """Return the lines with their requests."""
    stories = Stories(functions=True, remembered=KEPT)
    for line in lines:
        stories.add(line, 0)
    return [stories.resolved(line) for line in lines]


def _print_once(
    session: Session, workspace: Workspace, reading: LogReading, newest_lines: NewestLines
) -> None:
    query, screen = reading.query, reading.screen
    lines = _resolved(newest_lines.in_order())
    if query.form is Form.STORIES:
        stories = _stories(lines, query.criteria)
        shown = _newest_stories(screen, stories, query.limit)
        found, cut = bool(shown), len(shown) < len(stories)
        for story in shown:
            screen.print_story(story)
    else:
        matching = [line for line in lines if query.criteria.match(line)]
        found, cut = bool(matching), len(matching) > query.limit
        newest = matching[-query.limit :]
        if query.form is Form.JSON:
            seconds = session.seconds
            session.call.answer(
                logs_document(
                    workspace.inputs,
                    workspace.aws.calls,
                    newest,
                    truncated=cut or bool(newest_lines.dropped_until),
                    seconds=seconds,
                )
            )
        for line in newest if query.form is not Form.JSON else ():
            reading.print_line(line)
    _say_what_is_missing(session, query, newest_lines, found=found, cut=cut)


def _say_what_is_missing(
    session: Session, query: LogQuery, newest_lines: NewestLines, *, found: bool, cut: bool
) -> None:
    if not found:
        session.say(f"no such line since {query.since}: a longer --since looks further back")
    if cut:
        session.say(f"only the newest lines are shown (--limit {query.limit})")
    if dropped := newest_lines.dropped_until:
        at = datetime.fromtimestamp(dropped / 1000).astimezone()
        session.say(
            f"there are more than {KEPT:,} lines in this time, and some until {at:%H:%M:%S} are"
            " left out: a later --since or an earlier --until shows them"
        )


def _stories(lines: Iterable[LogLine], criteria: Criteria) -> list[Story]:
    """Return the stories of which a line is wanted, whole."""
    stories = Stories(functions=True, remembered=KEPT)
    for line in lines:
        stories.add(line, 0)
    return [story for story in stories.rest() if any(map(criteria.match, story.all_lines))]


def _newest_stories(screen: LogScreen, stories: Sequence[Story], limit: int) -> Sequence[Story]:
    """Return the newest stories that have `limit` lines together, and one at least."""
    lines = 0
    for number, story in enumerate(reversed(stories)):
        lines += screen.height(story)
        if lines > limit and number:
            return stories[-number:]
    return stories

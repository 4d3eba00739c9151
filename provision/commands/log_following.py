"""Runs `provision logs --follow`: prints what comes until Ctrl-C, through outages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NoReturn

from provision.aws.failed_call import NO_GOOD_ANSWER
from provision.clock import Clock
from provision.commands.log_query import Form, LogReading
from provision.commands.outages import Outages
from provision.commands.session import Session
from provision.errors import Interrupted, Unreachable
from provision.workflows.logs.parser import LogParser
from provision.workflows.logs.sources import API
from provision.workflows.logs.stories import Stories, Story

ROUND: Final = 1.0
"""Seconds between two rounds."""


def print_as_it_comes(session: Session, clock: Clock, reading: LogReading) -> NoReturn:
    """Print what comes until a signal ends the process, and then what is known of open stories.

    Raises Interrupted, or the error of an outage that does not end.
    """
    stories = Stories(functions=any(source.asked_as != API for source in reading.sources))
    try:
        _print_rounds(clock, reading, stories, Outages(session, clock))
    except (Interrupted, Unreachable, *NO_GOOD_ANSWER):
        _print_stories(reading, stories, stories.rest())
        raise


def _print_rounds(
    clock: Clock, reading: LogReading, stories: Stories, outages: Outages
) -> NoReturn:
    """Print lines, or stories once they are whole.

    A story waits for the end of an outage: what lacks of it may come then.
    """
    parser, query = LogParser(reading.own), reading.query
    while True:
        try:
            for source, event in reading.reader.events(reading.sources):
                line = parser.parse(source, event)
                stories.add(line, clock.now())
                line = stories.resolved(line)
                if query.form is not Form.STORIES and query.criteria.match(line):
                    reading.print_line(line)
        except (*NO_GOOD_ANSWER, Unreachable) as error:
            outages.failed(error)
            continue
        outages.answered()
        reading.refuse_missing()
        _print_stories(reading, stories, stories.ready(clock.now()))
        clock.sleep(ROUND)


def _print_stories(reading: LogReading, stories: Stories, ended: Iterable[Story]) -> None:
    criteria = reading.query.criteria
    for story in ended:
        wanted = any(map(criteria.match, map(stories.resolved, story.all_lines)))
        if reading.query.form is Form.STORIES and wanted:
            reading.screen.print_story(story)

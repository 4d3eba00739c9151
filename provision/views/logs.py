"""Prints log lines, joined to stories or each by itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from provision.sanitizing.text import printable
from provision.views.console import broken, columns
from provision.views.frames import with_short_frames
from provision.workflows.logs.line import BACKGROUND, LineKind, LogLine
from provision.workflows.logs.sources import ACCESS, EXECUTION
from provision.workflows.logs.stories import Story

_MARKS: Final = re.compile(r"[\s~^]+")
"""A line of a traceback that marks a part of the one above."""
_DROPPED: Final = {ord(each): printable(each) for each in "\a\b\v\f"}
_BREAK: Final = re.compile(r"\r\n|\r|\n")
_SHOWN_ID: Final = 16
"""Characters of a longer id that are shown; `--request` takes them too."""
_CUT_ID: Final = 8
_SECOND: Final = 1000
_INDENT: Final = "    "
_HARMLESS: Final = "harmless: the code was imported, its answer to this event does not matter"
_CONTINUES: Final = "| "
"""Before each further line of one event: text of others cannot look like a line of ours."""


@dataclass(frozen=True)
class LogScreen:
    """The results' screen. `keys` maps ids of API keys to names, `folders` sources to their code.

    `background`: lines that Lambda writes about every invocation, and metrics, are shown too.
    """

    console: Console
    keys: Mapping[str, str]
    background: bool = False
    folders: Mapping[str, str] = field(default_factory=dict)

    def print_story(self, story: Story) -> None:
        """Print a request with its lines, or an invocation, or a line that has neither."""
        if has_heading(story):
            self._put(self._heading(story))
        for each in self._shown(story):
            if isinstance(each, LogLine):
                self.print_line(each, indent=_INDENT if has_heading(story) else "")
            else:
                self._put(Text(f"{_INDENT}{each}", "dim"))

    def height(self, story: Story) -> int:
        """Return how many lines of logs a story shows, its heading included."""
        return has_heading(story) + len(self._shown(story))

    def _shown(self, story: Story) -> list[LogLine | str]:
        """Return the lines to show, and words of ours between them."""
        shown: list[LogLine | str] = []
        if story.own and not story.unimportable and any(line.failed for line in story.lines):
            shown.append(_HARMLESS)
        begun = Counter(line.invocation for line in story.lines if line.kind is LineKind.START)
        number = Counter[str]()
        for line in story.lines:
            name = line.invocation
            if line.kind is LineKind.START and begun[name] > 1:  # Lambda ran the event again
                number[name] += 1
                shown.append(f"attempt {number[name]} of {begun[name]}")
            if self.background or _speaks(line):
                shown.append(line)
        return shown

    def print_line(self, line: LogLine, indent: str = "") -> None:
        """Print a line with its time and source; each of its own lines on one."""
        folder = self.folders.get(line.source, "")
        first, *more = _BREAK.split(with_short_frames(_visible(line.text), folder))
        text = Text(f"{indent}{_time(line.at)}  {_source(line):<10} ")
        if line.level:
            text.append(f"{line.level:<5} ", "bold red" if line.failed else "cyan")
        text.append(first, "red" if line.failed else "")
        short, long = _told(line)
        long = [_visible(each) for each in long]
        if short:
            text.append(f"  {_visible(short)}", "dim")
        whole = self._put(text, indent + _CONTINUES)
        for each in (*more, *long):
            if each and (whole or not _MARKS.fullmatch(each)):  # marks point at the line above
                shown = with_short_frames(each, folder)
                text = Text(f"{indent}{_CONTINUES}{shown}", "red" if line.failed else "")
                whole = self._put(text, f"{indent}{_CONTINUES}  ")

    def _heading(self, story: Story) -> Text:
        parts = self._of_request(story) if story.access else _of_invocation(story)
        parts.append(_cut(story.key))
        if story.own:
            parts.append("(import check)")
        if story.continued:
            parts.append("(late)")
        failed = bool(story.access and story.access.failed)
        return Text(f"{_time(story.at)}  {'  '.join(parts)}", "bold red" if failed else "bold")

    def _of_request(self, story: Story) -> list[str]:
        assert story.access
        line, told = story.access, story.access.fields
        key = told.get("api_key_id", "")
        route = f"{told.get('method', '')} {told.get('route', '')}".strip() or line.text
        parts = [f"{route:<18}", told.get("status", ""), _duration(told.get("latency_ms", ""))]
        parts += [self.keys.get(key, key), told.get("error", ""), _version(story.version)]
        return [part for part in parts if part]

    def _put(self, text: Text, indent: str = _INDENT) -> bool:
        """Print a line, and return whether it is whole: not continued below, between words."""
        lines = broken(text, columns(self.console), indent)
        for line in lines:
            self.console.print(line, soft_wrap=True)
        return len(lines) == 1


def _visible(text: str) -> str:
    """Return the text with escapes for the control characters that rich would drop unseen."""
    return text.translate(_DROPPED)


def has_heading(story: Story) -> bool:
    """Return whether a story is of a request or an invocation, not a line that has neither."""
    return bool(story.access or any(line.request or line.invocation for line in story.lines))


def _of_invocation(story: Story) -> list[str]:
    told = story.report.fields if story.report else {}
    return [_source(story.lines[0]), *filter(None, [_duration(told.get("duration_ms", ""))])]


def _speaks(line: LogLine) -> bool:
    return line.failed or line.kind not in BACKGROUND


def _time(at: int) -> str:
    """Return a moment in local time, with its date if that is not today's."""
    moment = datetime.fromtimestamp(at / _SECOND).astimezone()
    text = moment.strftime("%H:%M:%S.") + f"{at % _SECOND:03d}"
    if moment.date() == datetime.now().astimezone().date():
        return text
    return f"{moment.date()} {text}"


def _source(line: LogLine) -> str:
    if line.source in {ACCESS, EXECUTION}:
        return "api"
    return f"{line.source.partition('.')[2]} {_version(line.version)}".rstrip()


def _cut(identifier: str) -> str:
    return identifier if len(identifier) <= _SHOWN_ID else f"{identifier[:_CUT_ID]}…"


def _duration(milliseconds: Any) -> str:
    try:
        value = float(milliseconds)
    except (TypeError, ValueError):
        return ""
    return f"{value / _SECOND:.2f} s" if value >= _SECOND else f"{value:.0f} ms"


def _version(version: str) -> str:
    return f"v{version}" if version.isdecimal() else version


def _told(line: LogLine) -> tuple[str, list[str]]:
    """Return the fields as `name=value`, in quotes where a value has blanks, and those of lines.

    Ids are shown once, and what has parts itself in the documents only.
    """
    if line.source == ACCESS:
        return "", []
    ids = {line.request, line.invocation, line.request_id}
    short, long = [], []
    for name, value in line.fields.items():
        text = str(value)
        if name == "stackTrace" and isinstance(value, list):  # as Lambda's JSON format has it
            long += [part for each in value for part in _BREAK.split(str(each).rstrip("\n"))]
            continue
        if isinstance(value, dict | list) or text in ids:
            continue
        if len(parts := _BREAK.split(text)) > 1:
            long += parts
        else:
            short.append(f'{name}="{text}"' if " " in text or not text else f"{name}={text}")
    return " ".join(short), long

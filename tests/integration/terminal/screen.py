"""A terminal's content: pyte's screen with its scrollback, and the alternate screen."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from itertools import groupby
from typing import Any, Final

import pyte
from pyte.modes import DECTCEM
from rich.style import Style
from rich.text import Text

KEPT: Final = 10_000
_SWITCH: Final = re.compile(r"(\x1b\[\?1049[hl])")
_CUT: Final = re.compile(r"\x1b(?:\[[0-9;?]*)?$")
"""The beginning of a sequence that the next piece completes."""
_STYLE: Final = re.compile(r"\x1b\[([0-9;]*)m")
_DIM: Final = re.compile(r"(?<![0-9;])2(?![0-9])|(?<=[0-9];)(?<![34]8;)2(?![0-9])")
_NAMES: Final = {"brown": "yellow", "default": "default"}
"""Colours that pyte and rich name differently."""


class Screen:
    """Interprets a program's output.

    pyte has no alternate screen, so there are two of its screens; nor does it know dim letters, so
    they blink here, as none of ours does.
    """

    def __init__(self, columns: int, lines: int, encoding: str = "utf-8") -> None:
        self._first = pyte.HistoryScreen(columns, lines, history=KEPT)
        self._first_stream = pyte.Stream(self._first)
        self._second: Any = None
        self._second_stream: Any = None
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._rest = ""
        self.left_unentered = 0
        """How often the alternate screen was left without having been entered.

        That moves the cursor of a real terminal.
        """

    def feed(self, written: bytes) -> None:
        text = self._rest + self._decoder.decode(written)
        cut = _CUT.search(text)
        self._rest = text[cut.start() :] if cut else ""
        for part in _SWITCH.split(text[: cut.start()] if cut else text):
            if part == "\x1b[?1049h":
                self._enter()
            elif part == "\x1b[?1049l":
                self._leave()
            elif part:
                (self._second_stream or self._first_stream).feed(_STYLE.sub(_blinking, part))

    def _enter(self) -> None:
        if self._second is None:
            self._second = pyte.Screen(self._first.columns, self._first.lines)
            self._second_stream = pyte.Stream(self._second)
            self._pass_on(self._first, self._second)

    def _leave(self) -> None:
        if self._second is None:
            self.left_unentered += 1
        else:
            self._pass_on(self._second, self._first)
            self._second = self._second_stream = None

    def _pass_on(self, before: Any, after: Any) -> None:
        """Copy the cursor's visibility and the colours, which belong to the terminal."""
        after.mode = {*(after.mode - {DECTCEM}), *(before.mode & {DECTCEM})}
        after.cursor.hidden, after.cursor.attrs = before.cursor.hidden, before.cursor.attrs

    def resize(self, columns: int, lines: int) -> None:
        for screen in (self._first, self._second):
            if screen:
                screen.resize(lines, columns)

    @property
    def alternate(self) -> bool:
        return self._second is not None

    @property
    def _now(self) -> Any:
        return self._second or self._first

    @property
    def cursor_shown(self) -> bool:
        return DECTCEM in self._now.mode

    @property
    def cursor_column(self) -> int:
        return int(self._now.cursor.x)

    @property
    def plain(self) -> bool:
        """Return whether the next character has no colour and no weight."""
        return bool(self._now.cursor.attrs == self._now.default_char)

    @property
    def shown(self) -> list[str]:
        """Return the window's lines."""
        return [line.rstrip() for line in self._now.display]

    @property
    def picture(self) -> Text:
        """Return the window in its colours, down to the last line that shows anything."""
        buffer, columns = self._now.buffer, self._now.columns
        lines = [_styled(buffer[number], columns) for number in range(self._now.lines)]
        while lines and not lines[-1].plain:
            lines.pop()
        return Text("\n").join(lines)

    @property
    def above(self) -> list[str]:
        """Return the lines scrolled off the first screen."""
        return [_text(line) for line in self._first.history.top]


def _text(line: Mapping[int, Any]) -> str:
    return "".join(line[column].data for column in range(max(line, default=-1) + 1)).rstrip()


def _blinking(found: re.Match[str]) -> str:
    return f"\x1b[{_DIM.sub('5', found[1])}m"


def _styled(line: Mapping[int, Any], columns: int) -> Text:
    """Return the line with one span for all neighbours of one style."""
    text = Text()
    for style, chars in groupby((line[n] for n in range(columns)), key=_style):
        text.append("".join(char.data for char in chars), style)
    text.rstrip()
    return text


def _style(char: Any) -> Style:
    return Style(color=_colour(char.fg), bold=char.bold, dim=char.blink)


def _colour(name: str) -> str:
    """Return rich's name of the colour."""
    if re.fullmatch("[0-9a-f]{6}", name):
        return f"#{name}"
    return _NAMES.get(name, name.replace("bright", "bright_"))

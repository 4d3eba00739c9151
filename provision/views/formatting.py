"""Holds the words, signs and styles that all views share. Colour is never the only signal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass
from itertools import takewhile
from typing import Any, Final

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from provision.plan.change import PUBLISH, Action
from provision.sanitizing.masking import MASKED, Masked
from provision.sanitizing.text import printable, told_apart
from provision.stack import AREAS, OTHER_AREA, area_of
from provision.unknown import KNOWN_AFTER_UP, Unknown


@dataclass(frozen=True)
class ActionStyle:
    """An action on the screen: a sign, the words before and after it is done, a style."""

    sign: str
    doing: str
    done: str
    style: str


ACTION_STYLES: Final[dict[str, ActionStyle]] = {
    Action.CREATE: ActionStyle("+", "create", "created", "green"),
    Action.UPDATE: ActionStyle("~", "update", "updated", "yellow"),
    PUBLISH: ActionStyle("+", "publish", "published", "green"),
    Action.REPLACE: ActionStyle("±", "replace", "replaced", "magenta"),
    Action.DELETE: ActionStyle("-", "delete", "deleted", "red"),
    Action.KEEP: ActionStyle("=", "keep", "as wanted", "dim"),
    Action.BLOCKED: ActionStyle("?", "wait", "waiting", "cyan"),
    Action.FOREIGN: ActionStyle("!", "foreign", "foreign", "bold red"),
    Action.SKIP: ActionStyle("·", "skip", "skipped", "dim"),
}


def by_area(nodes: Iterable[str]) -> dict[str, list[str]]:
    """Group nodes under their headings, both in reading order."""
    grouped: dict[str, list[str]] = {title: [] for title in (*AREAS.values(), OTHER_AREA)}
    for node in nodes:
        grouped[area_of(node)].append(node)
    return {title: members for title, members in grouped.items() if members}


def format_value(value: Any) -> str:
    """Return a field's value in one line."""
    if isinstance(value, Unknown):
        return f"({KNOWN_AFTER_UP})"
    if isinstance(value, Masked):
        return MASKED
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return printable(value) or '""'
    if isinstance(value, dict):
        pairs = (f"{printable(str(key))}: {format_value(part)}" for key, part in value.items())
        return "{" + ", ".join(pairs) + "}"
    if is_dataclass(value) and not isinstance(value, type):
        return format_value({field.name: vars(value)[field.name] for field in fields(value)})
    if isinstance(value, tuple | list):
        return "[" + ", ".join(format_value(part) for part in value) + "]"
    return str(value)


def truncate(text: str, width: int) -> str:
    """Return the text, cut in its middle if it is longer than `width`."""
    if len(text) <= width:
        return text
    half = max(1, (width - 1) // 2)
    return f"{text[:half]}…{text[-(width - 1 - half) :]}"


def side_by_side(one: str, other: str, width: int) -> tuple[str, str]:
    """Cut both texts to `width` characters, and escape them so that their difference is visible."""
    one, other = told_apart(one, other)
    if max(len(one), len(other)) <= width:
        return one, other
    shared = sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    )
    spare = max(0, shared - width // 3)
    if spare > 1 and one[:1] != "(":
        one, other = "…" + one[spare:], "…" + other[spare:]
    return truncate(one, width), truncate(other, width)


def seconds(value: float) -> str:
    return f"{value:.1f} s" if value < 60 else f"{int(value // 60)} min {int(value % 60):02d} s"  # noqa: PLR2004


def age(seconds: float) -> str:
    """Return a span in its largest unit: `3 h`."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"


def pluralize(number: int, noun: str) -> str:
    """Return a number with its noun: `1 call`, `2 calls`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


class Screen(Console):
    """A console that prints text literally, in characters that the stream can encode.

    It interprets no markup and no emoji names, and prints no control characters. A `Text` is one
    line; a line below it must be a renderable of its own.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, markup=False, emoji=False, highlight=False)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Make a renderable printable.

        rich calls this for all that is drawn, nested renderables included.
        """
        if isinstance(renderable, str):
            renderable = self.render_str(renderable)
        if isinstance(renderable, Text):
            renderable = self._printable(renderable)
        return super().render(renderable, options)

    def _printable(self, text: Text) -> Text:
        if printable(text.plain, self.encoding) == text.plain:
            return text
        shown = text.blank_copy()
        for part in text.render(self):
            shown.append(printable(part.text, self.encoding), part.style)
        return shown


def error_console() -> Console:
    """Return the console for progress, questions and errors. stdout holds results only."""
    return Screen(stderr=True)


def result_console() -> Console:
    return Screen()

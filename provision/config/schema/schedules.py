"""Checks schedule expressions and time zones offline, as EventBridge Scheduler would.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final, NamedTuple

from provision.config.problems import suggest
from provision.config.schema.types import InvalidValue

_MONTHS: Final = (
    "JAN",
    "FEB",
    "MAR",
    "APR",
    "MAY",
    "JUN",
    "JUL",
    "AUG",
    "SEP",
    "OCT",
    "NOV",
    "DEC",
)
_DAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_UNITS: Final = ("minute", "hour", "day")
_EVERY_NIGHT: Final = "cron(0 3 * * ? *)"


class _Field(NamedTuple):
    """One field of a cron expression: its range, its names, and the signs that it alone takes."""

    name: str
    low: int
    high: int
    names: Sequence[str] = ()
    special: str = ""
    """A pattern of further values, next to numbers, ranges, steps and `*`."""


_FIELDS: Final = (
    _Field("minutes", 0, 59),
    _Field("hours", 0, 23),
    _Field("day of the month", 1, 31, special=r"\?|L|L-\d{1,2}|LW|\d{1,2}W"),
    _Field("month", 1, 12, _MONTHS),
    _Field(
        "day of the week",
        1,
        7,
        _DAYS,
        special=r"\?|L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5])",
    ),
    _Field("year", 1970, 2199),
)
_CRONTAB: Final = 5
"""The fields of a line in a crontab."""
_LONGEST: Final = 256


def expression(text: str) -> str:
    """Return the expression, or raise `InvalidValue` if EventBridge Scheduler refuses it."""
    if len(text) > _LONGEST:
        raise InvalidValue(f"{len(text)} characters, and AWS takes {_LONGEST}", "shorten it")
    found = re.fullmatch(r"(cron|rate|at)\((.*)\)", text)
    if not found:
        raise InvalidValue(
            f'"{text}" is no schedule: expected cron(…), rate(…) or at(…)',
            _instead("" if "(" in text else text),
        )
    kind, inner = found.groups()
    {"cron": _cron, "rate": _rate, "at": _at}[kind](inner)
    return text


def timezone(name: str) -> str:
    """Return the name of a time zone, or raise `InvalidValue` if this machine does not know it."""
    if name == "UTC":
        return name
    import zoneinfo  # noqa: PLC0415  (it searches the machine's files)

    known = zoneinfo.available_timezones()
    if known and name not in known:  # a machine may have none
        raise InvalidValue(
            f'there is no time zone "{name}"',
            suggest(name, known) or 'write one such as "Europe/Berlin"',
        )
    return name


def _instead(crontab: str) -> str:
    """Suggest the expression of a crontab's line, of which AWS wants other days and a year."""
    fields = crontab.split()[:_CRONTAB]
    if len(fields) == _CRONTAB:
        day, weekday = fields[2], fields[4]
        if re.fullmatch(r"[0-7](?:[-,][0-7])*", weekday):  # a crontab counts from Sunday, 0
            fields[4] = re.sub(r"\d", lambda number: _DAYS[int(number[0]) % 7], weekday)
        if "?" not in (day, weekday) and "*" in (day, weekday):
            fields[2 if weekday != "*" else 4] = "?"
        meant = f"cron({' '.join(fields)} *)"
        with suppress(InvalidValue):
            return f'write "{expression(meant)}"'
    return f'such as "{_EVERY_NIGHT}"'


def _rate(inner: str) -> None:
    found = re.fullmatch(r"(\d{1,9}) ([a-z]+)", inner)
    unit = found[2].removesuffix("s") if found else ""
    if not found or unit not in _UNITS:
        raise InvalidValue(
            f'"{inner}" is no rate: expected a number and minutes, hours or days',
            'write it like "rate(5 minutes)"',
        )
    number = int(found[1])
    right = unit if number == 1 else f"{unit}s"
    if number == 0 or found[2] != right or found[1] != str(number):
        raise InvalidValue(
            f'AWS refuses "rate({inner})"',
            f'write "rate({max(1, number)} {right if number else unit})"',
        )


def _at(inner: str) -> None:
    try:
        moment = datetime.strptime(inner, "%Y-%m-%dT%H:%M:%S")  # noqa: DTZ007  (`timezone` has it)
    except ValueError:
        moment = None
    if moment is None or moment.isoformat() != inner:
        raise InvalidValue(
            f'"{inner}" is no moment', 'write it like "at(2030-01-31T03:00:00)", without a zone'
        )


def _cron(inner: str) -> None:
    parts = inner.split()
    if inner != " ".join(parts):
        raise InvalidValue(
            "AWS takes one space between the fields", f'write "cron({" ".join(parts)})"'
        )
    if len(parts) != len(_FIELDS):
        raise InvalidValue(
            f"{len(parts)} fields, and AWS takes {len(_FIELDS)}: minutes, hours, day of the"
            " month, month, day of the week, year",
            _instead(inner if len(parts) == _CRONTAB else ""),
        )
    for each, text in zip(_FIELDS, parts, strict=True):
        for value in text.split(","):
            _check_value(each, value)
    days, weekdays = parts[2], parts[4]
    if (days == "?") == (weekdays == "?"):
        better = [*parts]
        better[4 if days != "?" and weekdays in {"*", "?"} else 2] = "?"
        if days == weekdays == "?":
            better[2] = "*"
        raise InvalidValue(
            "AWS takes a day of the month or one of the week, and ? as the other",
            f'write "cron({" ".join(better)})"',
        )


def _check_value(each: _Field, value: str) -> None:
    if each.special and re.fullmatch(each.special, value.upper()):
        return
    span, _, step = value.partition("/")
    low, dash, high = span.partition("-")
    numbers = [_number(each, part) for part in ([low, high] if dash else [low]) if part != "*"]
    wrong = (
        (span != "*" and None in numbers)
        or (dash and (span == "*" or "*" in {low, high}))
        or ("/" in value and not re.fullmatch(r"[1-9]\d{0,3}", step))
    )
    if wrong:
        names = f" or {each.names[0]} to {each.names[-1]}" if each.names else ""
        raise InvalidValue(
            f'"{value}" is no value for the {each.name}: expected {each.low} to {each.high}{names},'
            " a range (1-5), a list (1,5) or steps (0/15)",
            f'such as "{_EVERY_NIGHT}"',
        )
    if dash and (numbers[0] or 0) > (numbers[1] or 0):
        raise InvalidValue(
            f'"{value}" ends before it begins',
            f'write "{low}-{each.high},{each.low}-{high}"',
        )


def _number(each: _Field, text: str) -> int | None:
    """Return the number of a value or a name, or None if the field has no such value."""
    names: Mapping[str, int] = {name: each.low + at for at, name in enumerate(each.names)}
    if text.upper() in names:
        return names[text.upper()]
    number = int(text) if re.fullmatch(r"\d{1,4}", text) else -1
    return number if each.low <= number <= each.high else None

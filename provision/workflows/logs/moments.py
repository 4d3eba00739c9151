"""Parses the times of `--since` and `--until`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

_AGO: Final = re.compile(r"(\d{1,6})([smhd])", re.ASCII)
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
FORMS: Final = "90s, 10m, 2h, 3d or a time such as 2026-11-29T14:30 (Z for UTC)"


def parse_moment(text: str, now: datetime) -> datetime:
    """Return the moment: an age before `now`, or a time of ISO 8601, local if it has no zone.

    Raises ValueError for anything else.
    """
    try:
        if found := _AGO.fullmatch(text.strip()):
            return now - timedelta(**{_UNITS[found[2]]: int(found[1])})
        return datetime.fromisoformat(text.strip()).astimezone(now.tzinfo)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is no moment") from error


def milliseconds(moment: datetime) -> int:
    """Return the moment as CloudWatch Logs counts time."""
    return max(0, int(moment.timestamp() * 1000))

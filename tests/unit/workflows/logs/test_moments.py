"""The times of --since and --until."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from provision.workflows.logs.moments import milliseconds, parse_moment

NOW = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("90s", timedelta(seconds=90)),
        ("10m", timedelta(minutes=10)),
        ("2h", timedelta(hours=2)),
        (" 3d ", timedelta(days=3)),
        ("0s", timedelta()),
        ("2026-12-01T05:00Z", timedelta(hours=1)),
        ("2026-12-01T06:30:00+01:00", timedelta(minutes=30)),
    ],
)
def test_a_moment(text: str, ago: timedelta) -> None:
    assert parse_moment(text, NOW) == NOW - ago


def test_a_time_without_a_zone_is_local() -> None:
    assert parse_moment("2026-12-01T05:00", NOW) == datetime(2026, 12, 1, 5, 0).astimezone()


@pytest.mark.parametrize("text", ["", "10", "m", "-5m", "10 m", "1w", "yesterday", "999999d", "٣m"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no moment"):
        parse_moment(text, NOW)


def test_milliseconds() -> None:
    assert milliseconds(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)) == 1000

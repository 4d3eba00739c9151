"""Which lines are kept if there are too many."""

from __future__ import annotations

from provision.workflows.logs.line import LineKind, LogLine
from provision.workflows.logs.newest import NewestLines


def line(at: int, source: str = "function.items", level: str = "") -> LogLine:
    return LogLine(at, f"{source}{at}", source, source, "s", "m", LineKind.MESSAGE, "m", level)


def test_the_oldest_of_all_groups_is_dropped_in_whatever_order_they_are_read() -> None:
    kept = NewestLines(3, lambda _: False)
    for at in (10, 30, 50):
        kept.add(line(at))
    for at in (20, 40):
        kept.add(line(at, "api.access"))
    assert [one.at for one in kept.in_order()] == [30, 40, 50]
    assert kept.dropped_until == 20


def test_what_is_wanted_outlives_newer_lines_that_are_not() -> None:
    kept = NewestLines(4, lambda one: one.failed)
    for at in (1, 2):
        kept.add(line(at, "api.access", "ERROR"))
    for at in range(10, 40):
        kept.add(line(at))
    assert [one.at for one in kept.in_order()] == [1, 2, 38, 39]


def test_of_too_many_wanted_lines_the_newest_stay() -> None:
    kept = NewestLines(2, lambda _: True)
    for at in (3, 1, 2):
        kept.add(line(at))
    assert [one.at for one in kept.in_order()] == [2, 3]


def test_as_long_as_there_is_room_nothing_is_dropped_and_ties_stay_in_order() -> None:
    kept = NewestLines(3, lambda _: True)
    for source in ("b", "a", "c"):
        kept.add(line(1, source))
    assert [one.source for one in kept.in_order()] == ["b", "a", "c"]
    assert kept.dropped_until == 0

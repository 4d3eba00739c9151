"""Every line is read once and in order, with late lines, empty pages and throttling."""

from __future__ import annotations

from itertools import pairwise

import pytest

from provision.clock import Clock
from provision.workflows.logs.reader import LogReader
from tests.unit.workflows.logs.cloudwatch import (
    ACCESS,
    EXECUTION,
    ITEMS,
    MOMENT,
    CloudWatch,
    WallClock,
)


@pytest.fixture
def cloudwatch() -> CloudWatch:
    return CloudWatch(WallClock())


def read(reader: LogReader, end: int | None = None) -> list[str]:
    return [event["eventId"] for page in reader.pages(ITEMS, end) for event in page]


def test_empty_pages_with_a_token_are_not_the_end(cloudwatch: CloudWatch) -> None:
    cloudwatch.empty = 0.5
    written = [cloudwatch.write("/items", MOMENT - 1000 + n, str(n)) for n in range(50)]
    with cloudwatch.connect().reading():
        assert read(LogReader(cloudwatch.connect(), MOMENT - 1000)) == written


@pytest.mark.parametrize("seed", range(5))
def test_late_lines_are_seen_once(cloudwatch: CloudWatch, seed: int) -> None:
    """For five minutes, each line is up to 50 s late; the reader asks about every second."""
    chance = cloudwatch.chance
    chance.seed(seed)
    cloudwatch.empty, cloudwatch.throttled = 0.1, 0.02
    written = set()
    for n in range(600):
        at = MOMENT + n * 500
        late = chance.choice([0, 0, 200, 3_000, 50_000])
        written.add(cloudwatch.write("/items", at, str(n), shown=at + late))
    reader, found = LogReader(cloudwatch.connect(), MOMENT - 1000), []
    clock = cloudwatch.clock
    while clock.now() < 1000 + 300 + 60:
        for page in reader.pages(ITEMS):
            found += page
            assert [e["timestamp"] for e in page] == sorted(e["timestamp"] for e in page)
        clock.sleep(1)
    ids = [event["eventId"] for event in found]
    assert len(ids) == len(set(ids))
    assert set(ids) == written
    asked_from = [data["startTime"] for data in cloudwatch.asked]
    assert asked_from[-1] > MOMENT + 200_000, "it does not read all from the beginning each time"


def test_a_line_from_the_future_hides_none_of_now(cloudwatch: CloudWatch) -> None:
    early = cloudwatch.write("/items", MOMENT + 7_200_000, "a clock that is wrong", shown=MOMENT)
    reader = LogReader(cloudwatch.connect(), MOMENT - 1000)
    assert read(reader) == [early]
    now = cloudwatch.write("/items", MOMENT + 2_000, "now")
    cloudwatch.clock.sleep(5)
    assert read(reader) == [now]


def test_all_groups_together_stay_below_awss_rate(cloudwatch: CloudWatch) -> None:
    for source in (ACCESS, EXECUTION, ITEMS):
        for n in range(100):
            cloudwatch.write(source.group, MOMENT - 1000 + n, str(n))
    reader = LogReader(cloudwatch.connect(), MOMENT - 1000)
    for source in (ACCESS, EXECUTION, ITEMS):
        assert sum(len(page) for page in reader.pages(source)) == 100
    assert len(cloudwatch.at) == 3 * 34
    assert all(later - before >= 0.999 for before, later in pairwise(cloudwatch.at[4::4]))


def test_a_throttle_waits_and_asks_the_same_again(cloudwatch: CloudWatch) -> None:
    cloudwatch.throttled = 0.5
    written = [cloudwatch.write("/items", MOMENT - 1000 + n, str(n)) for n in range(30)]
    assert read(LogReader(cloudwatch.connect(), MOMENT - 1000)) == written
    assert max(later - before for before, later in pairwise(cloudwatch.at)) >= 0.5


def test_what_is_not_there_is_noted_and_found_once_it_is(cloudwatch: CloudWatch) -> None:
    reader = LogReader(cloudwatch.connect(), MOMENT - 1000)
    assert read(reader) == []
    assert reader.missing == {ITEMS.name}
    written = cloudwatch.write("/items", MOMENT - 1, "first")
    assert read(reader) == [written]
    assert reader.missing == set()


def test_the_end_is_asked_for(cloudwatch: CloudWatch) -> None:
    before = cloudwatch.write("/items", MOMENT - 500, "before")
    cloudwatch.write("/items", MOMENT - 100, "after")
    assert read(LogReader(cloudwatch.connect(), MOMENT - 1000), MOMENT - 200) == [before]


def test_the_clock_of_tests_has_a_date() -> None:
    assert WallClock().today().tzinfo == Clock().today().tzinfo

"""Times of a run: the critical path, and the one line that reports it."""

from __future__ import annotations

import pytest

from provision.aws.access import CallCounts
from provision.engine.timing import Interval, PathStep, WalkTiming, critical_path
from provision.model.stack import walk
from provision.trace import Trace
from provision.views.timing import timing_line

DIAMOND = {"vpc": (), "table": (), "subnet": ("vpc",), "function": ("subnet", "table"), "key": ()}


def a_walk(stays: dict[str, tuple[float, float]], **rests: tuple[float, float]) -> WalkTiming:
    return WalkTiming(
        "make",
        DIAMOND,
        Trace(),
        {name: Interval(*stay) for name, stay in stays.items()},
        {name: Interval(*stay) for name, stay in rests.items()},
    )


def test_the_chain_goes_back_from_what_ended_last_by_the_last_need() -> None:
    walked = a_walk(
        {"vpc": (0, 1), "table": (0, 3), "subnet": (1, 2), "function": (3, 7), "key": (0, 5)}
    )
    assert walked.critical_path() == (PathStep("table", "make", 3), PathStep("function", "make", 4))


def test_a_second_look_that_ended_last_is_part_of_it() -> None:
    stays = {"vpc": (0.0, 1.0), "table": (0.0, 0.5), "subnet": (1.0, 2.0), "function": (2.0, 3.0)}
    walked = a_walk(stays, function=(3.0, 4.0), vpc=(1.0, 2.5))
    assert [(link.node, link.doing) for link in walked.critical_path()] == [
        ("vpc", "make"),
        ("subnet", "make"),
        ("function", "make"),
        ("function", "second look"),
    ]


def test_a_wait_for_a_thread_counts_from_two_hundredths_of_a_second() -> None:
    for late, freed in ((0.02, ()), (0.03, ("key",))):
        walked = a_walk({"vpc": (-1, 0), "key": (-1, 0.01), "subnet": (late, 3)})
        names = [link.node for link in walked.critical_path()]
        assert names == [*(freed or ("vpc",)), "subnet"]


def test_where_all_threads_were_busy_it_waited_for_the_one_that_made_way() -> None:
    walked = a_walk({"vpc": (0, 2), "table": (2, 3), "key": (3, 4)})
    assert [link.node for link in walked.critical_path()] == ["vpc", "table", "key"]


def test_of_a_node_that_was_never_visited_nothing_is_told() -> None:
    assert a_walk({}).critical_path() == ()
    assert critical_path(0.5, [a_walk({})]) == (PathStep("", "open", 0.5),)


def test_a_real_walk_is_timed_failures_too() -> None:
    walked = WalkTiming("make", DIAMOND, Trace())

    def visit(name: str):
        if name == "subnet":
            raise ValueError(name)
        return (lambda: None) if name == "table" else None

    failed = walk(walked.needs, walked.timed(visit), workers=2)
    assert set(failed) == {"subnet"}
    assert set(walked.intervals) == {"vpc", "table", "subnet", "key"}
    assert set(walked.rests) == {"table"}
    assert all(stay.seconds >= 0 for stay in walked.intervals.values())


CHAIN = (
    PathStep("", "open", 0.31),
    PathStep("network.vpc", "look", 0.02),
    PathStep("network.vpc", "make", 0.4),
    PathStep("network.subnet.a", "make", 0.1),
    PathStep("function.items", "make", 1.2),
    PathStep("function.items.version", "make", 0.1),
    PathStep("api.stage", "make", 0.2),
    PathStep("api.stage", "second look", 0.04),
)
CALLS = CallCounts(read=118, write=81)


START = "3.0 s, 118 reads, 81 writes"


@pytest.mark.parametrize(
    ("width", "links"),
    [
        (66, ""),
        (80, "; critical path: … → function.items 1.2 → …"),
        (96, "; critical path: … → network.vpc 0.4 → … → function.items 1.2 → …"),
        (
            130,
            (
                "; critical path: opening 0.3 → network.vpc 0.4 → … → function.items 1.2 → …"
                " → api.stage 0.2"
            ),
        ),
        (
            200,
            (
                "; critical path: opening 0.3 → network.vpc 0.4 → network.subnet.a 0.1"
                " → function.items 1.2 → function.items.version 0.1 → api.stage 0.2"
            ),
        ),
        (40, ""),
    ],
)
def test_the_line_fits_with_the_longest_links_in_their_order(width: int, links: str) -> None:
    told = timing_line(3.0, CALLS, CHAIN, width)
    assert told == START + links
    assert len(told) <= width


def test_nothing_long_nothing_told() -> None:
    assert timing_line(0.1, CallCounts(1, 0), CHAIN[1:2], 80) == "0.1 s, 1 read, 0 writes"

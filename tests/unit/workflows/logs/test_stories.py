"""Each request becomes one story, in any order of its lines."""

from __future__ import annotations

import random
from itertools import permutations

import pytest

from provision.workflows.logs.criteria import Criteria
from provision.workflows.logs.line import LineKind, LogLine
from provision.workflows.logs.stories import Stories

AT = 1_000_000
SETTLED, QUIET = 1.0, 5.0


def line(
    source: str,
    kind: LineKind = LineKind.MESSAGE,
    at: int = AT,
    *,
    request: str = "",
    invocation: str = "",
    level: str = "",
    version: str = "",
) -> LogLine:
    return LogLine(
        at=at,
        event_id=f"{source}{at}{invocation}",
        source=source,
        node="n",
        stream="s",
        message="said",
        kind=kind,
        text="said",
        request=request,
        invocation=invocation,
        level=level,
        version=version,
    )


ACCESS = line("api.access", LineKind.ACCESS, AT + 5, request="E1", invocation="I1")
OWN = line("function.items", at=AT + 1, invocation="I1")
SAYS = line("function.items", at=AT + 2, request="E1", invocation="I1")
REPORT = line("function.items", LineKind.REPORT, AT + 3, invocation="I1")
EXECUTION = line("api.execution", LineKind.EXECUTION, AT + 4, request="E1")


@pytest.mark.parametrize("order", list(permutations([ACCESS, OWN, SAYS, REPORT, EXECUTION])))
def test_lines_in_any_order_are_one_story(order: tuple[LogLine, ...]) -> None:
    stories = Stories(functions=True)
    for each in order:
        stories.add(each, 0)
    (story,) = stories.rest()
    assert story.key == "E1"
    assert story.access == ACCESS
    assert story.lines == [OWN, SAYS, REPORT, EXECUTION]
    assert story.report == REPORT


def test_a_function_that_names_another_request_is_not_believed() -> None:
    """Its correlation id may be chosen by the caller; the access log's id is AWS's."""
    lying = line("function.items", request="E2", invocation="I1")
    other = line("api.access", LineKind.ACCESS, request="E2", invocation="I2")
    for order in permutations([lying, ACCESS, other]):
        stories = Stories(functions=True)
        for each in order:
            stories.add(each, 0)
        found = {story.key: story.lines for story in stories.rest()}
        assert found == {"E1": [lying], "E2": []}


def test_a_hundred_requests_at_once() -> None:
    chance = random.Random(3)
    lines = [
        part
        for n in range(100)
        for part in (
            line("api.access", LineKind.ACCESS, AT + n, request=f"E{n}", invocation=f"I{n}"),
            line("function.items", at=AT + n, invocation=f"I{n}"),
            line("function.items", LineKind.REPORT, AT + n, invocation=f"I{n}"),
        )
    ]
    chance.shuffle(lines)
    stories = Stories(functions=True)
    for each in lines:
        stories.add(each, 0)
    found = stories.rest()
    assert [story.key for story in found] == [f"E{n}" for n in range(100)]
    for n, story in enumerate(found):
        assert len(story.all_lines) == 3
        assert {each.invocation for each in story.all_lines} == {f"I{n}"}


def test_a_request_is_ready_when_it_is_whole_or_nothing_comes_any_more() -> None:
    stories = Stories(functions=True)
    stories.add(ACCESS, 0)
    assert stories.ready(SETTLED) == [], "its invocation has not ended"
    stories.add(REPORT, 2)
    assert stories.ready(2 + SETTLED / 2) == []
    (story,) = stories.ready(2 + SETTLED)
    assert not story.continued
    stories.add(OWN, 60)
    assert stories.ready(60 + SETTLED) == []
    (late,) = stories.ready(60 + QUIET)
    assert (late.key, late.continued, late.lines) == ("E1", True, [OWN])


def test_without_its_function_a_request_is_whole_at_once() -> None:
    stories = Stories(functions=False)
    stories.add(ACCESS, 0)
    assert len(stories.ready(SETTLED)) == 1


def test_lines_without_any_id_are_alone_and_invocations_without_request_by_theirs() -> None:
    stories = Stories(functions=True)
    stories.add(line("function.items"), 0)
    stories.add(line("function.items"), 0)
    stories.add(line("function.items", invocation="I7"), 0)
    stories.add(line("function.items", invocation="I7"), 0)
    assert sorted(len(story.lines) for story in stories.rest()) == [1, 1, 2]


def test_what_is_remembered_has_an_end() -> None:
    stories = Stories(functions=True, remembered=10)
    for n in range(50):
        stories.add(line("api.access", LineKind.ACCESS, request=f"E{n}", invocation=f"I{n}"), 0)
    stories.rest()
    assert stories.request_of(line("function.items", invocation="I49")) == "E49"
    assert stories.request_of(line("function.items", invocation="I1")) == ""


@pytest.mark.parametrize(
    ("criteria", "wanted"),
    [
        (Criteria(), True),
        (Criteria(errors=True), False),
        (Criteria(text="SAI"), True),
        (Criteria(text="unsaid"), False),
        (Criteria(request="E"), True),
        (Criteria(request="I1"), True),
        (Criteria(request="1"), False),
        (Criteria(version="8"), False),
    ],
)
def test_criteria(criteria: Criteria, wanted: bool) -> None:
    assert criteria.match(SAYS) is wanted


def test_criteria_that_meet() -> None:
    assert Criteria(errors=True).match(line("api.access", level="CRITICAL"))
    assert Criteria(version="8").match(line("function.items", version="8"))

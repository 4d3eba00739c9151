"""When a check is asked again, when it has passed, and when the time is up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import pytest

from provision.commands.check import failure_of
from provision.errors import Interrupted
from provision.workflows.checks.check import EndpointCheck
from provision.workflows.checks.round import Round, RunMemory
from provision.workflows.checks.runner import PAUSE, Checked, CheckRun
from provision.workflows.checks.verdict import (
    CheckStatus,
    Verdict,
    failed,
    failed_by_function,
    held_up,
    passed,
    skipped,
)
from tests.support.virtual_clock import VirtualClock

GOOD, BAD, HELD = passed("fine"), failed("fine", "not"), held_up("another failed")
OWN = failed_by_function("fine", "502", "the function failed")


class Aws:
    def __init__(self) -> None:
        self.clock = VirtualClock()


class Target:
    on_local = False


def scripted(*verdicts: Verdict, **more: Any) -> EndpointCheck:
    """Return a check that says these, one after another, and then always the last."""
    said: Iterator[Verdict] = iter(verdicts)

    def ask(this: Round, subject: str) -> Verdict:
        return next(said, verdicts[-1])

    settings: dict[str, Any] = {"subjects": lambda _: ["x"], **more}
    return EndpointCheck(id="it", ask=ask, **settings)


def run(*checks: EndpointCheck, wait: float = 10, local: bool = False) -> tuple[Checked, Aws]:
    aws, target = Aws(), Target()
    target.on_local = local
    nobody: Any = None
    made = CheckRun(cast("Any", aws), cast("Any", target), nobody, nobody, nobody, RunMemory())
    return made.ask(checks, wait, lambda *_: None), aws


def test_a_stopped_function_is_named_in_the_hint_of_what_failed() -> None:
    """Its failures would otherwise lead to logs that have nothing."""
    checked, _ = run(scripted(OWN), wait=0)
    error = failure_of(replace(checked, stopped=["tap-dev-items"]))
    assert error is not None
    assert error.hint.startswith("tap-dev-items answers nothing: it is stopped by `concurrency: 0`")
    plain = failure_of(checked)
    assert plain is not None
    assert "stopped" not in plain.hint


def status(checked: Checked) -> list[CheckStatus]:
    return [one.verdict.status for one in checked.outcomes]


def test_it_passes_when_it_passed_twice_in_a_row() -> None:
    checked, aws = run(scripted(GOOD, GOOD, BAD))
    assert status(checked) == [CheckStatus.PASS]
    assert aws.clock.slept == [], "the second ask waits for nothing"


def test_a_lucky_first_answer_is_not_enough() -> None:
    checked, _ = run(scripted(GOOD, BAD))
    assert status(checked) == [CheckStatus.FAIL]
    checked, _ = run(scripted(GOOD, BAD), wait=0)
    assert status(checked) == [CheckStatus.FAIL]


def test_what_fails_is_asked_again_every_three_seconds() -> None:
    checked, aws = run(scripted(BAD, BAD, GOOD, GOOD))
    assert status(checked) == [CheckStatus.PASS]
    assert aws.clock.slept == [PAUSE, PAUSE]


def test_until_the_time_is_up() -> None:
    checked, aws = run(scripted(BAD), wait=10)
    assert status(checked) == [CheckStatus.FAIL]
    assert sum(aws.clock.slept) == pytest.approx(12)
    _, aws = run(scripted(BAD), wait=0)
    assert aws.clock.slept == []


def test_a_pass_at_the_last_moment_is_confirmed() -> None:
    checked, _ = run(scripted(BAD, BAD, GOOD, GOOD), wait=6)
    assert status(checked) == [CheckStatus.PASS]
    checked, _ = run(scripted(BAD, BAD, GOOD, BAD), wait=6)
    assert status(checked) == [CheckStatus.FAIL]


def test_what_stays_there_is_seen_once() -> None:
    checked, _ = run(scripted(GOOD, BAD, in_a_row=1))
    assert status(checked) == [CheckStatus.PASS]


def test_lines_are_waited_for_longer_than_the_user_waits() -> None:
    checked, aws = run(scripted(BAD, in_a_row=1, least_wait=30), wait=0)
    assert status(checked) == [CheckStatus.FAIL]
    assert sum(aws.clock.slept) == pytest.approx(30)


def test_what_another_failure_holds_up_is_tried_again_and_ends_as_skipped() -> None:
    checked, _ = run(scripted(HELD, GOOD, GOOD))
    assert status(checked) == [CheckStatus.PASS]
    checked, aws = run(scripted(HELD, least_wait=30), wait=3)
    assert status(checked) == [CheckStatus.SKIP]
    assert sum(aws.clock.slept) == pytest.approx(3)


def test_a_failure_of_the_function_is_confirmed_once_and_never_waited_for() -> None:
    checked, aws = run(scripted(OWN), wait=120)
    assert status(checked) == [CheckStatus.FAIL]
    assert aws.clock.slept == [PAUSE]
    checked, aws = run(scripted(OWN, BAD, OWN, GOOD, GOOD), wait=120)
    assert status(checked) == [CheckStatus.PASS], "the old version may answer for a moment"


def test_what_a_final_failure_holds_up_is_not_waited_for_either() -> None:
    checked, aws = run(scripted(OWN), scripted(HELD), scripted(GOOD), wait=120)
    assert status(checked) == [CheckStatus.FAIL, CheckStatus.SKIP, CheckStatus.PASS]
    assert aws.clock.slept == [PAUSE]
    checked, aws = run(scripted(OWN), scripted(HELD), scripted(BAD), wait=12)
    assert sum(aws.clock.slept) == pytest.approx(12), "the other failure may pass, and free it"


def test_what_has_nothing_to_ask_is_skipped_at_once() -> None:
    none = scripted(BAD, subjects=lambda _: [], absent="no cors")
    checked, aws = run(none, scripted(BAD, not_on_local=True), scripted(skipped("no")), local=True)
    assert [one.verdict.reason for one in checked.outcomes] == ["no cors", "skipped on local", "no"]
    assert status(checked) == [CheckStatus.SKIP] * 3
    assert aws.clock.slept == []


def test_a_signal_ends_it() -> None:
    def ask(this: Round, subject: str) -> Verdict:
        this.aws.clock.stop()
        return BAD

    check = EndpointCheck(id="it", subjects=lambda _: ["x"], ask=ask)
    with pytest.raises(Interrupted):
        run(check, wait=100)


def test_texts_are_short() -> None:
    found = failed("w" * 500, "h" * 500, "r" * 500)
    assert max(map(len, (found.want, found.have, found.reason))) == 200

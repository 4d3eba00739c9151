"""The benchmark at its smallest: a stack of one function, and calls that take no time."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import boto3
import pytest

from bench.__main__ import SCRIPT
from bench.calls import Call
from bench.figures import CODE, DOWN, FRESH, PLAN, PUSH, ROUTE, STATUS, UNCHANGED, Figures, Sample
from bench.machine import Emulated, emulated
from bench.page import Result, page
from bench.profiling import PROFILED, Profile, imports_of, spans_of
from bench.programs import record, services_of
from bench.rounds import run_rounds, script
from bench.scale import Growth, configuration, forced, generated
from bench.targets import Small
from provision.config import load


@pytest.fixture(scope="module")
def account() -> Iterator[Emulated]:
    with emulated(latency=0) as running:
        yield running


def test_the_script_repeats_what_provision_was_seen_to_do(
    account: Emulated, tmp_path: Path
) -> None:
    programs = record(account, generated(1, tmp_path / "home"), tmp_path / "programs")
    tool = script(tmp_path, programs, sys.executable, SCRIPT)
    book = run_rounds(account, [tool], 1, tmp_path / "output", lambda words: None)
    assert list(book["script"]) == [FRESH, UNCHANGED, CODE, DOWN]
    assert book["script"][FRESH].write > 40
    assert book["script"][UNCHANGED].write == 0
    assert book["script"][CODE].write == 4
    assert "lambda" in services_of(programs[FRESH])


def test_the_proxy_holds_each_call_back_and_names_it(account: Emulated) -> None:
    client = boto3.client("sts", endpoint_url=account.endpoint)
    account.wait_on_every_call(0.2)
    began = time.perf_counter()
    client.get_caller_identity()
    took = time.perf_counter() - began
    account.wait_on_every_call(0)
    (call,) = account.calls()
    assert took >= 0.2
    assert (call.service, call.operation, call.status) == ("sts", "GetCallerIdentity", 200)
    assert call.end - call.begin >= 0.2


def test_the_generated_configuration_is_as_large_as_it_says(tmp_path: Path) -> None:
    config = load(generated(50, tmp_path / "home").folder / "config.yaml", environment=None)
    assert len(config.functions) == 50
    assert len(config.tables) == 20
    assert len(list(config.api.route_list)) == 300
    assert configuration(50, "code") == configuration(50, "code")


def test_the_rates_force_what_their_buckets_do_not_hold() -> None:
    def calls(operation: str, count: int) -> list[Call]:
        return [Call("apigateway", operation, 0, 0, 1, 200)] * count

    assert forced(calls("PutMethod", 32)) == 0
    assert forced(calls("PutMethod", 112)) == pytest.approx(10)
    assert forced(calls("CreateDeployment", 3)) == pytest.approx(10)


def test_the_page_says_what_was_missed() -> None:
    def figures(wall: float) -> Figures:
        return Figures([Sample(wall, 1, 100, read=70, in_flight=8)], chain=10)

    situations = (FRESH, UNCHANGED, CODE, PUSH, ROUTE, STATUS, PLAN, DOWN)
    book = {
        "provision": {name: figures(2) for name in situations},
        "script": {name: figures(1.5) for name in (FRESH, UNCHANGED, CODE, DOWN)},
    }
    sample = Sample(1, 1, 100, 10, 10, 8)
    asked = replace(sample, operations=("GetRole",) * 3 + ("GetStages",))
    result = Result(
        book,
        Small(0.5, 0.1, 0.05, 12, 80),
        0.05,
        1,
        0.001,
        (),
        {name: Profile({"boto3": 0.3}, {"client": 0.2}, 0.1, "look api") for name in PROFILED},
        Growth({FRESH: (sample, sample), STATUS: (sample, asked)}, (110, 100)),
    )
    text = page(result)
    assert "| fresh `up` ÷ script | 1.33 | ≤ 2 | yes |" in text
    assert "| fresh `up` ÷ (critical path + start-up) | 2.00 | ≤ 1.3 | **no** |" in text
    assert "10 calls, 0.50 s" in text
    assert "- fresh `up` ÷ (critical path + start-up)\n" in text
    assert "| GetRole | 3 |\n| all others, which do not grow with the stack | 1 |" in text
    assert "| clients made | 0.20 | 0.20 |" in text


def test_imports_and_spans_are_added_up() -> None:
    told = "import time:      1000 |   2000 |   boto3.session\nimport time: 500 | 500 | boto3\n"
    assert imports_of(told) == {"boto3": 0.0015}
    events = [
        {"ph": "M", "tid": 1},
        {"ph": "B", "tid": 1, "ts": 0, "cat": "look"},
        {"ph": "B", "tid": 1, "ts": 1_000_000, "cat": "call"},
        {"ph": "B", "tid": 2, "ts": 1_000_000, "cat": "call"},
        {"ph": "E", "tid": 1, "ts": 1_500_000},
        {"ph": "E", "tid": 2, "ts": 2_000_000},
        {"ph": "E", "tid": 1, "ts": 3_000_000},
    ]
    assert spans_of(events) == {"look": 3, "call": 1.5}

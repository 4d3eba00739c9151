"""Every field is changed, seen, named with the cause `drift`, and repaired."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from provision.aws.client import Aws
from provision.model.step import FieldRole, fields_with
from provision.steps import KINDS
from tests.conformance.drift.case import GONE, Case, together
from tests.conformance.drift.cases import CASES, REASONS
from tests.conformance.drift.functions import memory
from tests.conformance.drift.page import PAGE, missing_in
from tests.conformance.drift.reordering import Bending
from tests.conformance.drift.targets import on_ministack, on_moto
from tests.conformance.drift.unsupported import lacking
from tests.conformance.drift.world import World
from tests.support.harness import new_aws

ROUNDS = together(reversed({case.place: case for case in reversed(CASES)}.values()))
"""A case for every field, many at a time; `make drift` tries every case by itself."""
SAMPLE, SEED = 12, 7
"""The number of cases on MiniStack, and the seed that chooses them."""


@pytest.fixture(scope="module")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with on_moto(tmp_path_factory.mktemp("moto")) as world:
        yield world


@pytest.fixture(scope="module")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with on_ministack(tmp_path_factory.mktemp("ministack")) as world:
        yield world


@pytest.mark.parametrize("number", range(len(ROUNDS)))
def test_what_others_changed_is_seen_named_and_repaired(moto: World, number: int) -> None:
    assert moto.examine(ROUNDS[number]).complaints == ""


@pytest.mark.emulator
def test_so_it_is_over_http(ministack: World) -> None:
    there = [case for case in CASES if not lacking(case, ministack.kinds[case.node])]
    for some in together(random.Random(SEED).sample(there, SAMPLE)):
        assert ministack.examine(some).complaints == ""


def test_every_compared_field_has_a_case_or_a_reason(moto: World) -> None:
    compared = {
        (name, field)
        for name, kind in KINDS.items()
        for field in (*fields_with(kind, FieldRole.FIXED), *fields_with(kind, None))
    }
    tried = {(moto.kinds[case.node], case.field) for case in CASES if case.field != GONE}
    assert tried | REASONS.keys() == compared
    assert not tried & REASONS.keys(), "a field that can be changed needs no reason"


def test_the_page_shows_every_case(moto: World) -> None:
    assert missing_in(PAGE.read_text("utf-8"), moto.kinds) == [], "run: make drift"


# -- what is no drift ------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_an_answer_bent_is_the_same_answer(moto: World, seed: int) -> None:
    bending = Bending(seed)
    assert replace(moto, ours=new_aws(bending)).told() == {}
    assert bending.bent > 100


def test_so_it_is_without_the_state(moto: World) -> None:
    bent = replace(moto, ours=new_aws(Bending(3)))
    bent.forget()
    assert bent.told() == {}
    assert not bent.up().failed
    assert bent.writes == []


# -- the examination itself can fail ---------------------------------------------------------------


def nothing(_aws: Aws, _it: Any) -> None:
    """nothing"""


@pytest.mark.parametrize(
    ("case", "complaint"),
    [
        (Case("table.items", "ttl", nothing), "table.items ttl is not seen"),
        (Case("function.items", "timeout", memory), "function.items memory is named as well"),
        (Case("api", "name", nothing, ("api.stage rate",)), "api.stage rate is not named"),
    ],
)
def test_it_complains(moto: World, case: Case, complaint: str) -> None:
    assert complaint in moto.examine([case]).complaints

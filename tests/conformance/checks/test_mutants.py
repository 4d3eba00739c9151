"""Faults in the whole stack: exactly the named checks fail. All of them: `make check-mutants`."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from provision.workflows.checks.descriptions import CHECK_DESCRIPTIONS
from tests.conformance.checks.mutants import MUTANTS, Mutant
from tests.conformance.checks.page import NOT_THERE, PAGE, page, screen_of, steady, tried
from tests.conformance.checks.place import CheckedPlace, checked_place

SAMPLE = 5
SEED = os.environ.get("CHECK_SEED", "15")
QUICK = [one for one in MUTANTS if not one.deep and not one.kills & {"access-log", "function-log"}]
CHOSEN = random.Random(SEED).sample(QUICK, SAMPLE)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CheckedPlace]:
    with checked_place(tmp_path_factory.mktemp("checked") / "home") as made:
        yield made


@pytest.mark.emulator
@pytest.mark.parametrize("mutant", CHOSEN, ids=lambda one: one.what)
def test_a_fault_is_seen_by_exactly_its_checks(place: CheckedPlace, mutant: Mutant) -> None:
    assert tried(place, mutant) == ""


@pytest.mark.emulator
def test_what_is_as_it_should_be_passes_while_up_runs(place: CheckedPlace) -> None:
    assert steady(place, 2) == []


def test_every_check_has_a_fault_that_it_sees() -> None:
    killed = {check for mutant in MUTANTS for check in mutant.kills}
    assert killed | NOT_THERE == set(CHECK_DESCRIPTIONS)
    assert not killed & NOT_THERE


def test_the_page_is_made_of_checks_and_faults() -> None:
    text = PAGE.read_text("utf-8")
    assert text == page(screen_of(text)), "make check-mutants writes it"

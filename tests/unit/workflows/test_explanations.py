"""Every class of error has a stable code and an explanation, whose commands the program takes."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

import provision
from provision.errors import NotConverged, ProvisionError, error_code
from provision.model.step import FieldRole, Tagged, fields_with
from provision.preflight.limits import ANY_TAGGED, LIMITS, PACKED
from provision.steps import KINDS
from provision.workflows.checks.descriptions import CHECK_DESCRIPTIONS
from provision.workflows.explanations import lookup
from provision.workflows.explanations.kinds import kind_page
from provision.workflows.explanations.lookup import ERRORS, WORDS, key_of
from tests.conformance.hints.line import refusals
from tests.support.sample_stack import ROOT
from tests.unit.workflows.errors_page import PAGE, whole_page

CODES = {
    "address-unusable": 1,
    "answer-lost": 1,
    "api-error": 1,
    "cache-failed": 1,
    "checks-failed": 5,
    "concurrent-change": 1,
    "concurrent-run": 1,
    "config-invalid": 3,
    "data-protected": 1,
    "emulator-failed": 1,
    "emulator-missing": 1,
    "events-hidden": 9,
    "files-in-the-way": 1,
    "function-failed": 1,
    "import-fails": 1,
    "in-use-by-others": 1,
    "interrupted": 130,
    "invalid-plan-file": 1,
    "invocation-failed": 5,
    "locked": 6,
    "no-credentials": 1,
    "no-longer-ours": 1,
    "not-converged": 1,
    "not-found": 1,
    "not-owned": 1,
    "not-permitted": 8,
    "not-pushed": 1,
    "nothing-done": 1,
    "output-lost": 1,
    "packaging-failed": 1,
    "partial-failure": 9,
    "port-taken": 1,
    "prerequisite-missing": 1,
    "provision-error": 1,
    "read-only-violation": 1,
    "region-disabled": 1,
    "stale-plan": 1,
    "state-error": 1,
    "state-unreadable": 1,
    "try-later": 1,
    "unlisted-environment": 2,
    "unreachable": 1,
    "untrusted-endpoint": 1,
    "usage-error": 2,
    "wait-timeout": 1,
    "wheel-install-failed": 1,
    "wrong-account": 7,
    "wrong-target": 1,
    "zip-unusable": 1,
}
"""Published with their exit codes: scripts read both. A class that is renamed breaks them."""
INTERNAL = {
    *("step", "capability", "want", "have", "field diff", "value diff", "owned"),
    *("area", "edition", "walk"),
}
"""Words of ARCHITECTURE.md that no user meets, and a form of another one."""
COMMAND = re.compile(r"`(provision [^`]+)`")


def classes(base: type[ProvisionError] = ProvisionError) -> Iterator[type[ProvisionError]]:
    """All errors of the package, once every module is imported."""
    if base.__module__.startswith("provision."):
        yield base
    for kind in base.__subclasses__():
        yield from classes(kind)


@pytest.fixture(scope="module")
def known() -> dict[str, type[ProvisionError]]:
    for module in pkgutil.walk_packages(provision.__path__, "provision."):
        if not module.name.endswith("__main__") and ".templates" not in module.name:
            importlib.import_module(module.name)
    return {error_code(kind): kind for kind in classes()}


def test_every_code_is_published_and_keeps_its_exit_code(
    known: dict[str, type[ProvisionError]],
) -> None:
    assert {code: kind.exit_code for code, kind in known.items()} == CODES


def test_two_classes_never_share_a_code(known: dict[str, type[ProvisionError]]) -> None:
    assert len(known) == len(set(classes()))


def test_every_class_has_an_explanation(known: dict[str, type[ProvisionError]]) -> None:
    assert {code: entry.exit_code for code, entry in ERRORS.items()} == CODES
    assert all(entry.meaning and entry.causes and entry.remedies for entry in ERRORS.values())


def test_the_code_is_the_class_s_name() -> None:
    assert NotConverged("x").code == "not-converged"
    assert NotConverged("x").reworded(message="y").code == "not-converged"
    assert str(NotConverged("x")) == "x", "the message itself has no code"


def test_every_command_of_every_explanation_parses() -> None:
    texts = [
        text
        for entry in ERRORS.values()
        for text in (entry.meaning, *entry.causes, *entry.remedies)
    ]
    texts += [entry.meaning for entry in WORDS.values()]
    commands = {command for text in texts for command in COMMAND.findall(text)}
    assert len(commands) > 20
    assert {command: told for command in commands if (told := refusals(command))} == {}


def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == whole_page(), "make errors"


def test_every_word_of_the_architecture_is_explained_and_every_page_exists() -> None:
    table = (ROOT / "ARCHITECTURE.md").read_text("utf-8").split("## The loop")[0]
    bold = {
        word
        for row in re.findall(r"^\| (\*\*.*?\*\*) \|", table, re.MULTILINE)
        for word in row.strip("*").split(", ")
    }
    assert bold - INTERNAL <= set(WORDS)
    pages = [entry.page.partition("#")[0] for entry in WORDS.values()]
    assert [page for page in pages if not (ROOT / page).exists()] == []


def test_every_anchor_of_a_page_exists() -> None:
    for entry in WORDS.values():
        page, _, anchor = entry.page.partition("#")
        heads = re.findall(r"^#+ (.*)$", (ROOT / page).read_text("utf-8"), re.MULTILINE)
        assert not anchor or anchor in {head.lower().replace(" ", "-") for head in heads}


def test_no_name_means_two_things() -> None:
    assert set(ERRORS) & set(WORDS) == set()
    assert set(KINDS) & {*ERRORS, *WORDS} == set()
    assert set(CHECK_DESCRIPTIONS) & {*ERRORS, *WORDS, *KINDS} == set()
    assert all(key_of(name) == name for name in (*ERRORS, *WORDS, *CHECK_DESCRIPTIONS))


def test_the_names_for_tab_are_those_of_the_kinds() -> None:
    assert sorted(KINDS) == list(lookup.KIND_NAMES)


@pytest.mark.parametrize("typed", ["[locked]", "LOCKED", "`locked`", " locked "])
def test_a_code_may_be_typed_as_it_is_printed(typed: str) -> None:
    assert key_of(typed) == "locked"


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_of_a_kind_has_all_that_is_declared(kind: str) -> None:
    step = KINDS[kind]
    page = kind_page(step)
    assert page.meaning.endswith(".")
    assert not re.search(r"\([A-Z]\d+\)|http", page.meaning), "no row, and no address"
    declared = (*step.API_CALLS.read, *step.API_CALLS.write, *step.API_CALLS.delete)
    assert {*page.reads, *page.writes, *page.deletes} == {each.operation for each in declared}
    assert set(page.permissions) == {permit for each in declared for permit in each.permits}
    assert page.fixed == fields_with(step, FieldRole.FIXED)
    assert bool(page.replacing) == bool(page.fixed)
    changed = {each.operation for each in page.risks if each.operation.startswith("change of ")}
    assert changed == {f"change of {name}" for name in step.RISKS.update}


@pytest.mark.parametrize("limit", LIMITS + PACKED, ids=lambda limit: limit.what)
def test_every_limit_is_on_the_page_of_a_kind(limit: object) -> None:
    assert any(limit in kind_page(step).limits for step in KINDS.values())


def test_the_limit_of_tags_is_one_of_every_kind_with_tags() -> None:
    (tags,) = (limit for limit in LIMITS if limit.operation == ANY_TAGGED)
    for step in KINDS.values():
        assert (tags in kind_page(step).limits) == issubclass(step, Tagged)

"""The effects of changing each key on the nodes, held against the table of all keys."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from provision.config import Config
from provision.model.step import FieldRole, fields_with
from provision.steps import KINDS
from provision.workflows.change_effects import Effect, effects_of
from provision.workflows.offline_stack import offline_stack
from tests.unit.stack.test_every_key import BASE, ROWS, configured


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("base")


@pytest.fixture(scope="module")
def base(folder: Path) -> Config:
    return configured(folder, BASE)


@pytest.fixture(scope="module")
def kinds(base: Config) -> Mapping[str, str]:
    return {name: step.KIND for name, step in offline_stack(base).steps.items()}


def test_no_change_has_no_effect(base: Config) -> None:
    assert effects_of(base, base) == ()


@pytest.mark.parametrize("key", ROWS)
def test_each_key_affects_the_nodes_whose_fields_it_sets(
    folder: Path, base: Config, kinds: Mapping[str, str], key: str
) -> None:
    """The table has the fields; of them, those that are Local are never compared."""
    row = ROWS[key]
    found = {each.node: each for each in effects_of(base, configured(folder, row.settings()))}
    for way in row.differs:
        node, _, inner = way.partition(":")
        field = inner.partition(".")[0]
        if node not in kinds or not field:
            assert node == "stack" or found[node].verb in {"create", "delete"}
        elif field not in fields_with(KINDS[kinds[node]], FieldRole.LOCAL):
            assert field in found[node].fields or found[node].verb in {"delete", "create"}
    listed = {way.partition(":")[0] for way in row.differs}
    for node in found.keys() - listed:
        assert _follows(found[node], found), f"{node} only by what AWS chooses again"


def _follows(effect: Effect, found: Mapping[str, Effect]) -> bool:
    """Whether another node is replaced, published, created or deleted: its id is read here."""
    others = (each.verb for each in found.values() if each.node != effect.node)
    return any(verb in {"replace", "publish", "create", "delete"} for verb in others)


def test_risks_that_depend_on_the_value_are_named_for_any(folder: Path, base: Config) -> None:
    settings = ROWS["functions.<name>.log.retention"].settings()
    (effect,) = effects_of(base, configured(folder, settings))
    assert (effect.node, effect.verb) == ("function.items.logs", "update")
    assert [risk.impact.value for risk in effect.risks] == ["data loss"]

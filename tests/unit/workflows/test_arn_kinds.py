"""A new kind with an ARN must be in `ARN_KINDS`, the second table of all kinds, or say why not."""

from __future__ import annotations

from dataclasses import fields

import pytest

from provision.model.step import Step
from provision.steps import KINDS
from provision.workflows.arn_kinds import ARN_KINDS, rank
from tests.support.sample_stack import ROOT

WITHOUT_ENTRY = {
    "cloudwatch.dashboard": "AWS lists no dashboards by tag, and the name alone is no proof",
    "lambda.alias": "deleted with its function, and has no owner of its own",
    "lambda.version": "deleted with its function, and has no owner of its own",
    "sns.subscription": "deleted with its topic, and has no owner of its own",
}
"""Kinds with an ARN that a search for leftovers does not report, and why."""


def has_arn(kind: type[Step]) -> bool:
    """Return whether AWS lists a resource of this kind by ARN: by its owner tag, or a field."""
    return kind.OWNER_MARK.names_owner or any(field.name == "arn" for field in fields(kind))


def entries(kind: type[Step]) -> set[int]:
    """Return the services and types in ARN_KINDS that deleting this kind is permitted on."""
    arns = [
        template.replace("{path}", "/")
        for call in kind.API_CALLS.delete
        for permission in call.permits
        for template in permission.resources
        if template.startswith("arn:")
    ]
    return {place for place, _ in map(rank, arns) if place < len(ARN_KINDS)}


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if has_arn(kind)])
def test_a_kind_with_an_arn_has_an_entry_or_says_why_not(kind: type[Step]) -> None:
    if kind.KIND in WITHOUT_ENTRY:
        assert not kind.OWNER_MARK.names_owner or not entries(kind), "it has an entry by now"
    else:
        assert entries(kind), f"{kind.KIND} has an entry in ARN_KINDS, or a reason here"


def test_every_entry_is_of_a_kind() -> None:
    used = set[int]().union(*map(entries, KINDS.values()))
    assert used == set(range(len(ARN_KINDS)))
    assert set(WITHOUT_ENTRY) <= {name for name, kind in KINDS.items() if has_arn(kind)}


def test_who_adds_a_kind_reads_of_the_table() -> None:
    steps = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("## To add a resource")[2]
    assert "`ARN_KINDS` in `provision/workflows/arn_kinds.py`" in steps.partition("\n## ")[0]

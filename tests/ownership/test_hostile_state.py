"""A state that somebody else wrote: whatever it says is ours, `up` and `down` change nothing that
AWS does not say is.
"""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from provision.journal import Journal
from provision.records import Record
from provision.steps import KINDS
from tests.ownership.account import Dump, dump
from tests.ownership.retagged import SMALL, act
from tests.reference import reference_stack
from tests.workshop import HOLDER, new_aws

SEEDS = range(40) if os.environ.get("OWNERSHIP_SWEEP") else range(1)
ZONE = "example.com"


def small(name: str) -> dict[str, Any]:
    """One of every kind, with those that carry no mark."""
    domain = {"name": f"{name}.{ZONE}", "zone": ZONE}
    api = {**SMALL["api"], "domain": domain, "waf": {"rate": 1000}}
    return {"name": name, "api": api, "monitoring": {"email": "ops@example.com"}}


def records_of(directory: Path, stack: str) -> dict[str, Record]:
    return Journal.read(directory, stack, KINDS).records


def forge(directory: Path, stolen: Mapping[str, Record], seed: int) -> None:
    """A state for `tap-dev` that claims all of the victim's: under names of our own nodes and under
    others, finished or in the middle of anything, with needs or without."""
    chosen = random.Random(seed)
    journal = Journal(directory, "tap-dev", KINDS).open(HOLDER)
    for node, record in stolen.items():
        name = node if chosen.random() < 0.5 else f"{node}-gone"
        needs = record.needs if chosen.random() < 0.3 else ()
        doing = chosen.choice(["", "create", "update", "delete", "delete"])
        claimed = replace(record, needs=needs, doing=doing)
        if doing:
            journal.begin(name, doing, claimed.step, needs)
        else:
            journal.done(name, claimed.step, needs)
    journal.close()


def of_the_victim(before: Dump) -> Dump:
    after = dump(new_aws())
    return {key: after.get(key) for key in before}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("verbs", [("down",), ("up", "down")], ids=" ".join)
def test_what_a_state_claims_is_left_alone(
    account: None, tmp_path: Path, verbs: tuple[str, ...], seed: int
) -> None:
    boto3.client("route53").create_hosted_zone(Name=ZONE, CallerReference="1")
    theirs = reference_stack(new_aws(), tmp_path / "theirs", small("victim"))
    assert act(tmp_path / "victim", theirs, "up").failed == {}
    before = dump(new_aws())
    forge(tmp_path / "state", records_of(tmp_path / "victim", "victim-dev"), seed)

    ours = reference_stack(new_aws(), tmp_path / "ours", small("tap"))
    for verb in verbs:
        act(tmp_path / "state", ours, verb)
        assert of_the_victim(before) == before, f"{verb} touched what is the victim's"

"""A foreign state may claim any resource: only those that AWS shows as ours are changed."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from provision.errors import StateError
from provision.model.step import OWNER
from provision.state.journal import Journal
from provision.state.record import NODE, Record
from provision.steps import KINDS
from provision.steps.ec2.vpc import Vpc
from provision.steps.logs.log_group import LogGroup
from tests.faults.ownership.account import Dump, dump
from tests.faults.ownership.foreign_stack import SMALL, act
from tests.support.harness import HOLDER, Workshop, new_aws, one_node
from tests.support.sample_stack import reference_stack

LIVES = [
    pytest.param("victim", ("down",), id="down"),
    # Its owner tags begin as ours did in an older version: `tap-dev/`.
    pytest.param("tap-dev", ("up", "down"), id="up down"),
]
SEEDS = range(40) if os.environ.get("OWNERSHIP_SWEEP") else range(1)
ZONE = "example.com"
GROUP = LogGroup(name="/aws/lambda/tap-dev-items", retention=30, tags={})


def small(name: str) -> dict[str, Any]:
    """Return a stack with one of every kind, with those that carry no owner tag."""
    domain = {"name": f"{name}.{ZONE}", "zone": ZONE}
    api = {**SMALL["api"], "domain": domain, "waf": {"rate": 1000}}
    return {"name": name, "api": api, "monitoring": {"email": "ops@example.com"}}


def records_of(directory: Path, stack: str) -> dict[str, Record]:
    return Journal.read(directory, stack, KINDS).records


def forge(directory: Path, stolen: Mapping[str, Record], seed: int) -> None:
    """Write a state for `tap-dev` that claims all of the victim's resources.

    They are under names of our own nodes and under others, complete or pending, with needs or
    without.
    """
    chosen = random.Random(seed)
    journal = Journal(directory, "tap-dev", KINDS).open(HOLDER)
    for node, record in stolen.items():
        name = node if chosen.random() < 0.5 else f"{node}-gone"
        needs = record.needs if chosen.random() < 0.3 else ()
        doing = chosen.choice(["", "create", "update", "delete", "delete"])
        claimed = replace(record, needs=needs, pending=doing)
        if doing:
            journal.begin(name, doing, claimed.step, needs)
        else:
            journal.done(name, claimed.step, needs)
    journal.close()


def of_the_victim(before: Dump) -> Dump:
    after = dump(new_aws())
    return {key: after.get(key) for key in before}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("victim", "verbs"), LIVES)
def test_what_a_state_claims_is_left_alone(
    account: None, tmp_path: Path, victim: str, verbs: tuple[str, ...], seed: int
) -> None:
    boto3.client("route53").create_hosted_zone(Name=ZONE, CallerReference="1")
    theirs = reference_stack(new_aws(), tmp_path / "theirs", small(victim))
    assert act(tmp_path / "victim", theirs, "up").failed == {}
    before = dump(new_aws())
    forge(tmp_path / "state", records_of(tmp_path / "victim", theirs.name), seed)

    ours = reference_stack(new_aws(), tmp_path / "ours", small("tap"))
    for verb in verbs:
        act(tmp_path / "state", ours, verb)
        assert of_the_victim(before) == before, f"{verb} touched what is the victim's"


def test_a_node_whose_name_would_complete_a_mark_is_no_node(tmp_path: Path) -> None:
    """`tap-dev/` was an owner tag of ours once; the state would add the rest of the victim's."""
    theirs = "x/us-east-1/123456789012/network.vpc"
    journal = Journal(tmp_path, "tap-dev", KINDS).open(HOLDER)
    journal.done(theirs, Vpc(cidr="10.0.0.0/24", tags={OWNER: f"tap-dev/{theirs}"}))
    journal.close()
    with pytest.raises(StateError, match="no node has this name"):
        records_of(tmp_path, "tap-dev")


def test_every_node_of_a_stack_has_such_a_name(account: None, tmp_path: Path) -> None:
    stack = reference_stack(new_aws(), tmp_path, small("tap"))
    assert [name for name in stack.nodes if not NODE.fullmatch(name)] == []


def test_nodes_that_need_each_other_are_told(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "tap-dev", KINDS).open(HOLDER)
    journal.done("zz.a", GROUP, ("zz.b",))
    journal.done("zz.b", GROUP, ("zz.a",))
    journal.close()
    with pytest.raises(StateError, match=r"need each other: zz\.a → zz\.b → zz\.a") as told:
        records_of(tmp_path, "tap-dev")
    assert "`provision refresh` sets it aside" in told.value.hint


STRANGERS = (
    "/aws/lambda/tap-dev-x-foo",
    "/company/retap-device",
    "API-Gateway-Execution-Logs_abcd1234/prod",
)


@pytest.mark.parametrize("name", STRANGERS)
def test_a_log_group_that_a_state_says_is_coming_back(workshop: Workshop, name: str) -> None:
    """A group recreated by late writers has no tag (A35).

    For nodes that config.yaml does not have, a name or a deleted API proves nothing.
    """
    aws = new_aws()
    aws.logs.create_log_group(logGroupName=name)
    journal = Journal(workshop.directory, "tap-dev", KINDS).open(HOLDER)
    journal.begin("zz.logs", "delete", replace(GROUP, name=name), ())
    journal.close()
    for verb in ("up", "down"):
        workshop.run(one_node(GROUP), verb)
        assert replace(GROUP, name=name).observe(aws) is not None

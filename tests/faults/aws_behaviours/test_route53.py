"""Route 53's laws: a naive client fails under each, our record does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from provision.model.stack import Stack
from tests.faults.aws_behaviours.conftest import Session, naive, ours
from tests.faults.aws_behaviours.harness import SEEDS, LosesOnce, patient, under
from tests.faults.aws_behaviours.rules import route53 as laws
from tests.unit.steps.route53.test_record import ALIAS, CNAME, make_zone

TEXT: dict[str, Any] = {"Name": "x.example.com", "Type": "TXT", "TTL": 60}


def change(client: Any, zone: str, action: str, value: str = '"a"') -> str:
    record = {**TEXT, "ResourceRecords": [{"Value": value}]}
    info = client.change_resource_record_sets(
        HostedZoneId=zone,
        ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record}]},
    )["ChangeInfo"]
    status: str = info["Status"]
    return status


def records() -> Stack:
    """Return a stack of two independent records of one zone."""
    stack = Stack("tap-dev")
    stack.add("proof", lambda _: CNAME)
    stack.add("door", lambda _: ALIAS)
    return stack


@pytest.mark.parametrize("seed", SEEDS)
def test_r1_one_change_at_a_time(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(laws.OneChangeAtATime(), seed=seed)
    zone = make_zone()
    client = naive(held, "route53")
    change(client, zone, "CREATE")
    with pytest.raises(ClientError, match="PriorRequestNotComplete"):
        change(client, zone, "UPSERT")
    began, before = held.clock.now(), len(held.sent)
    shop = under(held, tmp_path)
    shop.run(records(), "up", workers=2)
    shop.run(records(), "down", workers=2)
    patient(held.sent[before:])
    assert len(held.refused("R1")) > 1
    assert held.clock.now() - began < 90


def test_r2_what_is_there_cannot_be_created(court: Session, tmp_path: Path) -> None:
    held = court(laws.CreateIsNotUpsert(), LosesOnce("ChangeResourceRecordSets"))
    zone = make_zone()
    shop = under(held, tmp_path)
    shop.up(CNAME)  # its answer is lost: a repetition finds the record, which is ours
    assert len(held.refused("R2")) == 1
    shop.stays(CNAME)
    shop.up(replace(CNAME, ttl=60))
    client = naive(held, "route53")
    change(client, zone, "CREATE")
    with pytest.raises(ClientError, match="already exists"):
        change(client, zone, "CREATE")


def test_r3_deleted_to_the_letter(court: Session, tmp_path: Path) -> None:
    held = court(laws.DeleteToTheLetter())
    zone = make_zone()
    client = naive(held, "route53")
    change(client, zone, "CREATE")
    with pytest.raises(ClientError, match="do not match the current values"):
        change(client, zone, "DELETE", '"b"')
    change(client, zone, "DELETE")
    with pytest.raises(ClientError, match="it was not found"):
        change(client, zone, "DELETE")

    under(held, tmp_path).up(CNAME)
    stale = replace(CNAME, ttl=60)  # it was changed after the observation
    stale.delete(ours(held))
    assert CNAME.observe(ours(held)) is None
    assert len(held.refused("R3")) == 2


def test_r3_a_delete_whose_answer_is_lost_is_no_error(court: Session, tmp_path: Path) -> None:
    held = court(laws.DeleteToTheLetter())
    make_zone()
    shop = under(held, tmp_path)
    shop.up(CNAME)
    held.laws = (*held.laws, LosesOnce("ChangeResourceRecordSets"))
    shop.down(CNAME)
    assert len(held.refused("R3")) == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_r4_a_change_spreads(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(laws.ChangesSpread(), seed=seed)
    zone = make_zone()
    assert change(naive(held, "route53"), zone, "CREATE") == "PENDING"
    shop = under(held, tmp_path)
    shop.up(ALIAS, within=110)
    assert shop.elapsed >= 5
    shop.down(ALIAS, within=1)  # no one waits until a deletion has spread


@pytest.mark.parametrize("seed", SEEDS)
def test_records_live_under_all_of_them(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(*(law() for law in laws.LAWS), seed=seed)
    make_zone()
    shop = under(held, tmp_path)
    for verb in ("up", "up", "down"):
        shop.run(records(), verb, workers=2)
    patient(held.sent)

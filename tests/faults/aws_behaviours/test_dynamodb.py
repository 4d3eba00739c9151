"""DynamoDB's laws: a naive client fails under each, our table does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from provision.errors import TryLater
from provision.steps.dynamodb.table import Table
from tests.faults.aws_behaviours.conftest import Session, naive
from tests.faults.aws_behaviours.frame import Court
from tests.faults.aws_behaviours.harness import SEEDS, LosesOnce, RefusesOnce, under
from tests.faults.aws_behaviours.rules import dynamodb as laws
from tests.support.harness import one_node

TABLE = Table(name="items", key="id", ttl="expires_at", tags={"team": "a"})
NAMED: dict[str, Any] = {"TableName": "items"}


def create(court: Court, **more: Any) -> Any:
    """Create the table with a plain client, and return the client."""
    client = naive(court, "dynamodb")
    client.create_table(
        **NAMED,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
        **more,
    )
    return client


def expiry(attribute: str, *, enabled: bool = True) -> Any:
    return {
        **NAMED,
        "TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": enabled},
    }


RECOVERY: dict[str, Any] = {
    **NAMED,
    "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
}


@pytest.mark.parametrize("seed", SEEDS)
def test_d3_a_table_just_made_may_not_be_found(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(laws.NotVisibleAtOnce(), seed=seed)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        create(held).describe_table(**NAMED)
    naive(held, "dynamodb").delete_table(**NAMED)
    shop = under(held, tmp_path)
    shop.up(TABLE, within=60)
    shop.stays(TABLE)


@pytest.mark.parametrize("seed", SEEDS)
def test_d3_what_was_shown_may_be_gone_for_a_moment(
    court: Session, tmp_path: Path, seed: int
) -> None:
    held = court(laws.FoundByTurns(), seed=seed)
    client = create(held)
    assert client.describe_table(**NAMED)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client.describe_table(**NAMED)
    assert client.describe_table(**NAMED)
    client.delete_table(**NAMED)
    shop = under(held, tmp_path)
    shop.up(TABLE, within=60)
    shop.up(TABLE, within=60)  # under any belief it ends well, with one table
    held.clock.sleep(20)
    shop.stays(TABLE)
    shop.forget()
    shop.stays(TABLE)


@pytest.mark.parametrize("seed", SEEDS)
def test_d4_nothing_is_set_while_it_is_created(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(laws.NothingWhileCreating(), seed=seed)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        create(held).update_time_to_live(**expiry("a"))
    with pytest.raises(ClientError, match="TableNotFoundException"):
        naive(held, "dynamodb").update_continuous_backups(**RECOVERY)
    held.clock.sleep(20)
    naive(held, "dynamodb").delete_table(**NAMED)
    before = len(held.sent)
    under(held, tmp_path).up(TABLE, within=60)
    assert not [sent for sent in held.sent[before:] if sent.refusal]


def test_d5_one_concern_a_call(court: Session, tmp_path: Path) -> None:
    held = court(laws.OneConcernACall())
    client = create(held)
    with pytest.raises(ClientError, match="must be the only operation"):
        client.update_table(
            **NAMED, DeletionProtectionEnabled=True, SSESpecification={"Enabled": True}
        )
    client.delete_table(**NAMED)
    shop = under(held, tmp_path)
    shop.up(TABLE)
    changed = replace(TABLE, protect=False, encryption="owned", recovery=False)
    shop.up(changed)
    shop.stays(changed)
    assert len(held.refused("D5")) == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_d10_active_is_not_idle(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(laws.ActiveIsNotIdle(), seed=seed)
    client = create(held)
    client.update_table(**NAMED, SSESpecification={"Enabled": True})
    assert client.describe_table(**NAMED)["Table"]["TableStatus"] == "ACTIVE"
    with pytest.raises(ClientError, match="ResourceInUseException"):
        client.delete_table(**NAMED)
    held.clock.sleep(60)
    client.delete_table(**NAMED)
    shop = under(held, tmp_path)
    shop.up(TABLE)
    shop.up(replace(TABLE, tags={"team": "b"}))
    shop.down(TABLE, within=60)
    assert len(held.refused("D10")) > 1


@pytest.mark.parametrize("seed", SEEDS)
def test_d10_new_encryption_is_in_place_when_up_ends(
    court: Session, tmp_path: Path, seed: int
) -> None:
    law = laws.ActiveIsNotIdle()
    held = court(law, seed=seed)
    client = create(held)
    client.update_table(**NAMED, SSESpecification={"Enabled": True})
    shown = client.describe_table(**NAMED)["Table"]
    assert (shown["TableStatus"], shown["SSEDescription"]["Status"]) == ("ACTIVE", "UPDATING")
    held.clock.sleep(60)
    client.delete_table(**NAMED)
    shop = under(held, tmp_path)
    shop.up(TABLE)
    shop.up(replace(TABLE, encryption="owned"))
    assert held.clock.now() >= law.encrypted["items"]


@pytest.mark.parametrize("seed", SEEDS)
def test_d11_tags_are_locked_after_a_change(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(laws.TagsAreLocked(), seed=seed)
    arn = create(held).describe_table(**NAMED)["Table"]["TableArn"]
    client = naive(held, "dynamodb")
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}])
    with pytest.raises(ClientError, match="LimitExceededException"):
        client.untag_resource(ResourceArn=arn, TagKeys=["a"])
    client.delete_table(**NAMED)
    shop = under(held, tmp_path)
    shop.up(TABLE)
    other = replace(TABLE, tags={"other": "b"})
    shop.up(other, within=30)
    shop.stays(other)
    assert len(held.refused("D11")) > 1


def test_d12_expiry_takes_nothing_twice(court: Session) -> None:
    held = court(laws.ExpiryOnceAnHour())
    client = create(held)
    client.update_time_to_live(**expiry("a"))
    for again, text in (
        (expiry("a"), "already enabled"),
        (expiry("b"), "active on a different AttributeName"),
        (expiry("a", enabled=False), "modified multiple times"),
    ):
        with pytest.raises(ClientError, match=text):
            client.update_time_to_live(**again)
    held.clock.sleep(laws.HOUR)
    client.update_time_to_live(**expiry("a", enabled=False))
    with pytest.raises(ClientError, match="already disabled"):
        client.update_time_to_live(**expiry("a", enabled=False))


def test_d12_moved_within_the_hour_is_said_once_and_done_by_later_runs(
    court: Session, tmp_path: Path
) -> None:
    held = court(laws.ExpiryOnceAnHour())
    shop = under(held, tmp_path)
    shop.up(TABLE)
    moved = replace(TABLE, ttl="until")
    for hour in range(2):
        before = len(held.sent)
        with pytest.raises(TryLater, match="one change an hour") as caught:
            shop.run(one_node(moved), "up")
        assert "provision up" in caught.value.hint, hour
        asked = [sent for sent in held.sent[before:] if sent.call.operation == "UpdateTimeToLive"]
        assert len(asked) == 1
        held.clock.sleep(laws.HOUR)
    shop.up(moved)
    shop.stays(moved)


def test_d12_an_answer_lost_is_no_error(court: Session, tmp_path: Path) -> None:
    """A repeated request is refused because it is already enabled, which is the wanted state."""
    held = court(laws.ExpiryOnceAnHour(), LosesOnce("UpdateTimeToLive"))
    shop = under(held, tmp_path)
    shop.up(TABLE)
    shop.stays(TABLE)
    held.clock.sleep(laws.HOUR)
    shop.up(replace(TABLE, ttl=None))
    shop.stays(replace(TABLE, ttl=None))
    assert len(held.refused("D12")) == 1


def test_d13_what_failed_after_expiry_was_set_leaves_it_set(court: Session, tmp_path: Path) -> None:
    held = court(laws.ExpiryOnceAnHour(), RefusesOnce("UpdateContinuousBackups"))
    client = create(held)
    client.update_time_to_live(**expiry("a"))
    with pytest.raises(ClientError, match="modified multiple times"):  # the naive way back
        client.update_time_to_live(**expiry("a", enabled=False))
    client.delete_table(**NAMED)
    shop = under(held, tmp_path)
    with pytest.raises(Exception, match="UpdateContinuousBackups"):
        shop.run(one_node(TABLE), "up")
    shop.up(TABLE)
    assert len(held.refused("D12")) == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_d15_recovery_waits_for_the_backups(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(laws.BackupsComeLate(), seed=seed)
    with pytest.raises(ClientError, match="ContinuousBackupsUnavailableException"):
        create(held).update_continuous_backups(**RECOVERY)
    naive(held, "dynamodb").delete_table(**NAMED)
    under(held, tmp_path).up(TABLE, within=240)
    assert len(held.refused("D15")) > 1


@pytest.mark.parametrize("seed", SEEDS)
def test_d16_recovery_and_expiry_switched_on_together(
    court: Session, tmp_path: Path, seed: int
) -> None:
    held = court(laws.NoExpiryWhileRecoveryComes(), seed=seed)
    client = create(held)
    client.update_continuous_backups(**RECOVERY)
    with pytest.raises(ClientError, match="Please retry later"):
        client.update_time_to_live(**expiry("a"))
    client.delete_table(**NAMED)
    shop = under(held, tmp_path)
    shop.up(replace(TABLE, ttl=None, recovery=False))
    shop.up(TABLE, within=90)
    shop.stays(TABLE)


def test_d19_protection_switched_on_and_off_within_seconds(court: Session, tmp_path: Path) -> None:
    held = court(laws.ProtectionRestsBetweenToggles())
    client = create(held)
    client.update_table(**NAMED, DeletionProtectionEnabled=True)
    with pytest.raises(ClientError, match="Please try again after"):
        client.update_table(**NAMED, DeletionProtectionEnabled=False)
    held.clock.sleep(15)
    client.update_table(**NAMED, DeletionProtectionEnabled=False)
    client.delete_table(**NAMED)
    shop = under(held, tmp_path)
    shop.up(replace(TABLE, protect=False))
    shop.up(TABLE)
    shop.down(TABLE, within=40)


@pytest.mark.parametrize("seed", SEEDS)
def test_d20_deleting_takes_a_while(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(laws.DeletingTakesAWhile(), seed=seed)
    client = create(held)
    client.delete_table(**NAMED)
    with pytest.raises(ClientError, match="ResourceInUseException"):
        create(held)
    held.clock.sleep(20)
    shop = under(held, tmp_path)
    shop.up(TABLE)
    shop.up(replace(TABLE, key="pk"), within=60)  # deleted and created again in one run
    shop.down(TABLE, within=60)
    assert len(held.refused("D20")) == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_d27_a_table_goes_when_its_backup_is_complete(
    court: Session, tmp_path: Path, seed: int
) -> None:
    law = laws.BackupsTakeAWhile()
    held = court(law, seed=seed)
    client = create(held)
    backup = client.create_backup(**NAMED, BackupName="naive")["BackupDetails"]
    assert backup["BackupStatus"] == "CREATING"
    client.delete_table(**NAMED)
    assert law.early.pop() == "items"
    shop = under(held, tmp_path)
    shop.up(TABLE)
    shop.down(TABLE, within=120)
    assert law.early == []
    assert len(law.complete) == 2


@pytest.mark.parametrize("seed", SEEDS)
def test_a_table_lives_under_all_of_them(court: Session, tmp_path: Path, seed: int) -> None:
    held = court(*(law() for law in laws.LAWS), seed=seed)
    shop = under(held, tmp_path)
    shop.up(TABLE, within=400)
    shop.stays(TABLE)
    held.clock.sleep(laws.HOUR)
    other = replace(TABLE, ttl=None, encryption="owned", protect=False, tags={"other": "b"})
    shop.up(other, within=120)
    shop.up(replace(other, protect=True), within=120)
    shop.down(other, within=120)
    shop.up(TABLE, within=400)


def test_d24_the_switch_stays_on_at_a_day(court: Session, tmp_path: Path) -> None:
    held = court(laws.RecoveryHasAWindow())
    shop = under(held, tmp_path)
    shop.up(TABLE)
    client = naive(held, "dynamodb")
    client.update_continuous_backups(
        **NAMED,
        PointInTimeRecoverySpecification={
            "PointInTimeRecoveryEnabled": True,
            "RecoveryPeriodInDays": 1,
        },
    )

    def kept() -> tuple[str, int]:
        found = client.describe_continuous_backups(**NAMED)["ContinuousBackupsDescription"]
        shown = found["PointInTimeRecoveryDescription"]
        return shown["PointInTimeRecoveryStatus"], shown["RecoveryPeriodInDays"]

    assert kept() == ("ENABLED", 1), "and a naive client calls that as wanted"
    finding = shop.run(one_node(TABLE), "up").changes["it"]
    assert [diff.field for diff in finding.diffs] == ["recovery_days"]
    assert shop.last.writes == ["UpdateContinuousBackups"]
    assert kept() == ("ENABLED", 35)
    shop.stays(TABLE)


def test_d26_warmth_that_rises_is_no_difference(court: Session, tmp_path: Path) -> None:
    held = court(laws.WarmthRises())
    client = create(held)
    seen = [client.describe_table(**NAMED)["Table"]["WarmThroughput"] for _ in range(2)]
    assert seen[0] != seen[1], "and a naive client calls that a difference"
    client.delete_table(**NAMED)
    shop = under(held, tmp_path)
    shop.up(TABLE)
    shop.stays(TABLE)


def test_d35_the_fifth_change_to_on_demand_is_told_with_the_time(
    court: Session, tmp_path: Path
) -> None:
    held = court(laws.OnDemandFourTimesADay())
    shop = under(held, tmp_path)
    on_demand = replace(TABLE, on_demand=True)
    for _ in range(4):
        shop.up(TABLE)
        shop.up(on_demand)
    shop.up(TABLE)
    with pytest.raises(ClientError, match="Update to PayPerRequest mode"):
        naive(held, "dynamodb").update_table(**NAMED, BillingMode="PAY_PER_REQUEST")
    with pytest.raises(TryLater, match="a few times in 24 hours") as caught:
        shop.run(one_node(on_demand), "up")
    assert "again after Sun Feb 24 03:07:45 UTC 2019;" in caught.value.hint
    held.clock.sleep(24 * laws.HOUR)
    shop.up(on_demand)
    shop.stays(on_demand)


def test_d35_an_answer_lost_is_no_error(court: Session, tmp_path: Path) -> None:
    """The repeated request is one too many, and the table is on-demand already."""
    limited = laws.OnDemandFourTimesADay()
    limited.MOST = 1
    held = court(limited, LosesOnce("UpdateTable"))
    shop = under(held, tmp_path)
    shop.up(TABLE)
    shop.up(replace(TABLE, on_demand=True))
    shop.stays(replace(TABLE, on_demand=True))
    assert len(held.refused("D35")) == 1

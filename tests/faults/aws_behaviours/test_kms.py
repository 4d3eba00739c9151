"""KMS's law: a naive client fails under it, our key does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.faults.aws_behaviours.conftest import Session, naive
from tests.faults.aws_behaviours.harness import SEEDS, under
from tests.faults.aws_behaviours.rules import kms as laws
from tests.unit.steps.kms.test_key import KEY


@pytest.mark.parametrize("seed", SEEDS)
def test_k1_a_key_just_made_or_enabled_is_not_so_everywhere(
    court: Session, tmp_path: Path, seed: int
) -> None:
    held = court(laws.KeysSettle(), seed=seed)
    client = naive(held, "kms")
    key = client.create_key()["KeyMetadata"]["KeyId"]
    with pytest.raises(ClientError, match="NotFoundException"):
        client.enable_key_rotation(KeyId=key)
    held.clock.sleep(10)
    client.disable_key(KeyId=key)
    client.enable_key(KeyId=key)
    with pytest.raises(ClientError, match="DisabledException"):
        client.enable_key_rotation(KeyId=key)
    shop = under(held, tmp_path)
    shop.up(KEY, within=30)
    held.clock.sleep(10)
    ours = client.describe_key(KeyId=KEY.alias)["KeyMetadata"]["KeyId"]
    client.disable_key_rotation(KeyId=ours)
    client.disable_key(KeyId=ours)
    shop.up(KEY, within=30)
    held.clock.sleep(10)
    shop.stays(KEY)
    assert {sent.refusal.code for sent in held.refused("K1")[2:] if sent.refusal} == {
        "NotFoundException",
        "DisabledException",
    }

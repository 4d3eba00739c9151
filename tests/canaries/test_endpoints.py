"""Real credentials leave for AWS and for this machine only, wherever the address came from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from provision.endpoints import refuse_strangers
from provision.errors import StrangeEndpoint
from tests.test_cli import Provision, home, provision  # noqa: F401  (fixtures)

LASTING = "AKIAIOSFODNN7EXAMPLE"
TEMPORARY = "ASIAIOSFODNN7EXAMPLE"
SECRET = "canary-secret-access-key"


class Left(Exception):
    """The request was on its way."""


def leave(**_: Any) -> None:
    raise Left


def ask(endpoint: str | None, key: str, region: str = "us-east-1") -> None:
    """One request, stopped at the door."""
    client = boto3.client(
        "sts",
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id=key,
        aws_secret_access_key=SECRET,
        config=Config(retries={"total_max_attempts": 1}),
    )
    refuse_strangers(client)
    client.meta.events.register_first("before-send.*.*", leave)
    client.get_caller_identity()


STRANGE = (
    "https://strange.example",
    "http://203.0.113.7:4566",
    "https://amazonaws.com.strange.example",
    "https://notamazonaws.com",
    "http://localhost.strange.example",
    "http://[2001:db8::1]",
)


@pytest.mark.parametrize("key", [LASTING, TEMPORARY])
@pytest.mark.parametrize("endpoint", STRANGE)
def test_to_a_stranger_nothing_leaves(endpoint: str, key: str) -> None:
    with pytest.raises(StrangeEndpoint) as refused:
        ask(endpoint, key)
    assert "--allow-endpoint" in refused.value.hint
    told = refused.value.message + refused.value.hint
    assert key not in told
    assert SECRET not in told


@pytest.mark.parametrize(
    "endpoint",
    [
        None,
        "https://vpce-1.sts.us-east-1.vpce.amazonaws.com",
        "https://sts.us-east-1.api.aws",
        "http://localhost:4566",
        "http://sts.localhost:4566",
        "http://127.0.0.1:4566",
        "http://127.9.9.9:4566",
        "http://[::1]:4566",
    ],
)
def test_to_aws_and_this_machine_it_does(endpoint: str | None) -> None:
    with pytest.raises(Left):
        ask(endpoint, LASTING)


def test_every_partition_is_aws() -> None:
    for region in ("cn-north-1", "us-gov-west-1"):
        with pytest.raises(Left):
            ask(None, LASTING, region)


def test_what_an_emulator_takes_may_go_anywhere() -> None:
    with pytest.raises(Left):
        ask("https://strange.example", "test")


def test_every_command_is_refused_unless_told(
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://strange.invalid:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", LASTING)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setattr("provision.aws.pause", lambda *_: None)
    for words in (("plan",), ("up", "--yes"), ("status",), ("down", "--yes"), ("keys", "list")):
        refused = provision(*words)
        assert refused.code == 1
        assert "strange.invalid, which is neither AWS nor this machine" in refused.err
        assert not (home / ".provision").exists()
    assert "strange.invalid, which is neither" not in provision("--allow-endpoint", "plan").err
    monkeypatch.setenv("PROVISION_ALLOW_ENDPOINT", "1")
    assert "strange.invalid, which is neither" not in provision("plan").err

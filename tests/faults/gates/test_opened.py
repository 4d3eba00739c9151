"""Protections of connections to AWS are on for AWS itself, and off for the emulator."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

import pytest

from provision import local
from provision.aws.access import Access
from provision.aws.client import Aws
from provision.plan.limitations import NO_LIMITATIONS
from provision.steps.ec2.network_interfaces import NetworkInterfaces
from provision.steps.sqs.queue import Queue
from tests.integration.test_cli import Provision, home, provision
from tests.support.harness import REGION
from tests.support.virtual_clock import VirtualClock

__all__ = ["home", "provision"]  # fixtures
pytestmark = pytest.mark.usefixtures("account")

ENDPOINTS = {
    "AWS": None,
    "an endpoint of AWS": "https://vpce-1.execute-api.us-east-1.vpce.amazonaws.com",
    "a proxy elsewhere": "https://proxy.example:8443",
    "localhost": "http://localhost:4566",
    "this machine": "http://127.0.0.1:4566",
    "this machine, newer": "http://[::1]:4566",
}


@pytest.fixture
def opened(home: Path, provision: Provision, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the access to AWS that a command line creates."""
    made: list[Any] = []

    def keep(access: Any, **_: Any) -> NoReturn:
        made.append(access)
        raise SystemExit(0)

    monkeypatch.setattr("provision.workspace.Aws", keep)

    def run(*words: str) -> Any:
        made.clear()
        assert provision(*words).code == 0
        return made[0]

    return run


@pytest.mark.parametrize("words", [("up", "--yes"), ("down", "--yes"), ("push",)], ids=" ".join)
@pytest.mark.parametrize("place", ENDPOINTS)
def test_against_aws_it_holds_back_and_waits_for_what_lingers(
    opened: Any, monkeypatch: pytest.MonkeyPatch, place: str, words: tuple[str, ...]
) -> None:
    if endpoint := ENDPOINTS[place]:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    access = opened("--allow-endpoint", "--profile", "work", "--region", "eu-west-1", *words)
    real = place not in {"localhost", "this machine", "this machine, newer"}
    assert (access.rate_limited, access.deletes_lag) == (real, real)
    assert (access.endpoint, access.credentials, access.on_client_created) == (None, None, None)
    assert (access.region, access.profile, access.anywhere) == ("eu-west-1", "work", True)
    assert opened(*words).anywhere is False


@pytest.mark.parametrize("words", [("up", "--yes"), ("down", "--yes")], ids=" ".join)
def test_against_the_embedded_emulator_it_does_not(
    opened: Any, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    emulator = local.Emulator("http://127.0.0.1:4999", 4999, 1)
    monkeypatch.setattr(local, "start", lambda *_, **__: emulator)
    roots: list[Path] = []

    def prepared(_client: object) -> None:
        """Prepare a client for the emulator."""

    def for_emulator(root: Path) -> Any:
        roots.append(root)
        return prepared

    monkeypatch.setattr(local, "for_emulator", for_emulator)
    access = opened("--local", *words)
    assert (access.rate_limited, access.deletes_lag) == (False, False)
    assert access.endpoint == "http://127.0.0.1:4999"
    assert access.credentials == local.CREDENTIALS
    assert access.on_client_created is prepared
    assert roots == [Path(".provision/emulator").resolve()]


@pytest.mark.parametrize(("real", "seconds"), [(True, 30.0), (False, 0.0)])
def test_down_looks_again_for_late_writers(
    provision: Provision, monkeypatch: pytest.MonkeyPatch, *, real: bool, seconds: float
) -> None:
    waited: list[float] = []
    limitations: list[Any] = []

    def removed(engine: Any, _: Any, *, reappear_delay: float, **__: Any) -> NoReturn:
        waited.append(reappear_delay)
        limitations.append(engine.limitations)
        raise SystemExit(0)

    monkeypatch.setattr("provision.workspace.is_real", lambda _: real)
    monkeypatch.setattr("provision.engine.engine.Engine.remove", removed)
    assert provision("down", "--yes").code == 0
    assert (waited, limitations) == ([seconds], [NO_LIMITATIONS])


def reached(*, real: bool) -> tuple[Aws, VirtualClock]:
    clock = VirtualClock()
    access = Access(REGION, credentials=("test", "test"), rate_limited=real, deletes_lag=real)
    return Aws(access, clock=clock), clock


@pytest.mark.parametrize(("real", "misses"), [(True, 3), (False, 1)])
def test_a_queue_is_gone_when_it_was_missed_often_enough(*, real: bool, misses: int) -> None:
    aws, _ = reached(real=real)
    queue = Queue(name="tap-dev-x", tags={}).create(aws)
    asked: list[str] = []
    aws.hooks.on_call = lambda _, operation: asked.append(operation)
    queue.delete(aws)
    assert asked[asked.index("DeleteQueue") + 1 :] == ["GetQueueUrl"] * misses


@pytest.mark.parametrize(("real", "seconds"), [(True, 10.0), (False, 0.0)])
def test_interfaces_that_are_not_shown_yet_are_waited_for(*, real: bool, seconds: float) -> None:
    aws, clock = reached(real=real)
    NetworkInterfaces(functions=(), group_id="sg-1").delete(aws)
    assert sum(clock.slept) == seconds


@pytest.mark.parametrize("real", [True, False])
def test_only_aws_has_rates(*, real: bool) -> None:
    aws, clock = reached(real=real)
    for number in range(3):
        aws.apigateway.create_rest_api(name=str(number))
    assert (sum(clock.slept) > 3) is real

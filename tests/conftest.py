"""Fixtures every test shares: an emulated account in process, and a workshop to run stacks in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from provision.aws.client import Aws
from provision.clock import Clock
from tests.faults.aws_behaviours.frame import Court
from tests.faults.aws_behaviours.rules.pages import OneItemAPageForUs
from tests.support import slow_tests
from tests.support.harness import REGION, Pooled, Workshop
from tests.support.moto_patches import teach_moto
from tests.support.speedups import make_cheap, sign_nothing
from tests.support.virtual_clock import VirtualClock

os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"  # 1,300 images for each account of a test
# Zips built for one test serve the next, in a directory apart from the user's; downloads may come
# from the user's cache.
os.environ.setdefault("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv"))
os.environ["XDG_CACHE_HOME"] = str(Path(__file__).parents[1] / ".pytest_cache" / "user")
os.environ["XDG_STATE_HOME"] = str(Path(__file__).parents[1] / ".pytest_cache" / "user-state")


def pytest_report_header() -> list[str]:
    if not slow_tests.is_sampled():
        return []
    return [f"slow tests: one in {slow_tests.ONE_IN}, those of {slow_tests.day()}"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out six of seven slow tests where that was asked for."""
    if slow_tests.is_sampled():
        left = slow_tests.left_out(items)
        config.hook.pytest_deselected(items=left)
        names = {item.nodeid for item in left}
        items[:] = [item for item in items if item.nodeid not in names]


@pytest.fixture(autouse=True)
def _no_real_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide real credentials from every test."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)


@pytest.fixture(autouse=True)
def _no_waste(monkeypatch: pytest.MonkeyPatch) -> None:
    make_cheap(monkeypatch)


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let time pass a hundred times as fast: `down` waits seconds for interfaces to appear (E6)."""
    sleep, now = Clock.sleep, Clock.now
    monkeypatch.setattr(Clock, "sleep", lambda self, seconds: sleep(self, seconds / 100))
    monkeypatch.setattr(Clock, "now", lambda self: now(self) * 100)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run the test with an empty emulated account."""
    teach_moto(monkeypatch)
    sign_nothing(monkeypatch)
    with mock_aws():
        yield


@pytest.fixture
def one_item_a_page(monkeypatch: pytest.MonkeyPatch) -> Iterator[OneItemAPageForUs]:
    """Give every listing of our clients one item a page, and none on the first (X12)."""
    law = OneItemAPageForUs()
    held = Court([law], VirtualClock())
    new = Aws._new_client

    def paged(aws: Aws, service: str) -> Any:
        client = new(aws, service)
        held.install(client)
        return client

    monkeypatch.setattr(Aws, "_new_client", paged)
    Pooled.pool.clear()  # its clients were made before, and would serve after
    yield law
    Pooled.pool.clear()


@pytest.fixture
def workshop(account: None, tmp_path: Path) -> Workshop:
    return Workshop(tmp_path / "state")

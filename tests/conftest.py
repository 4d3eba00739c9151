"""Fixtures every test shares: an emulated account in process, and a workshop to run stacks in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import botocore.loaders
import botocore.session
import pytest
from moto import mock_aws

from tests.moto_truths import teach_moto
from tests.workshop import REGION, Workshop

os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"  # 1,300 images for each account of a test

_LOADER = botocore.loaders.create_loader()


@pytest.fixture(autouse=True)
def _no_real_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test may find somebody's credentials, and each service's model is read only once."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setattr(botocore.loaders, "create_loader", lambda _paths=None: _LOADER)
    monkeypatch.setattr(
        botocore.session, "create_loader", lambda _paths=None: _LOADER, raising=False
    )


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty emulated account."""
    teach_moto(monkeypatch)
    with mock_aws():
        yield


@pytest.fixture
def workshop(account: None, tmp_path: Path) -> Workshop:
    return Workshop(tmp_path / "state")

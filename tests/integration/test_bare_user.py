"""A user without an entry in passwd and without a home, as `docker run --user 12345` has one."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from provision.aws.session import model_loader
from provision.state.holder import current_holder
from tests.integration.test_cli import Provision, home, provision  # noqa: F401

pwd = pytest.importorskip("pwd", reason="Windows has no passwd")


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(uid: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME", "HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)


def test_every_command_that_writes_works_and_the_lock_names_the_number(
    account: None,
    provision: Provision,  # noqa: F811
) -> None:
    for words in (["up", "--yes"], ["push"], ["keys", "list"], ["status"], ["refresh"]):
        assert provision(*words).code == 0
    assert json.loads(Path(".provision/dev/state.json").read_text())["records"]
    assert provision("down", "--yes", "--destroy-data").code == 0
    assert current_holder("up").user == f"uid {os.getuid()}"


def test_folders_of_models_may_begin_with_a_home_that_is_not_there() -> None:
    """AWS_DATA_PATH contains `~/models`."""
    assert "~/models" in model_loader("~/models").search_paths

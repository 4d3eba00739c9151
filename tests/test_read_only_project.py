"""A project that cannot be written to, as containers and CI jobs mount it: `--state DIR` is enough.

A file in the place of `.provision` refuses every write below it, also to root.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from provision import local
from provision.local.directory import emulator_directory
from tests.local.conftest import quiet
from tests.test_cli import Provision, home, provision

__all__ = ["home", "provision"]


def test_without_it_the_hint_names_it(account: None, provision: Provision, home: Path) -> None:
    (home / ".provision").write_text("")
    answer = provision("up", "--yes")
    assert answer.code == 1
    assert "--state" in answer.err.partition("→")[2]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_an_emulator_that_may_not_write_says_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(directory: Path) -> None:
        raise OSError(number, os.strerror(number), str(directory))

    monkeypatch.setattr("provision.local.emulator.make_private", refuse)
    with pytest.raises(local.EmulatorFailed, match=os.strerror(number)) as caught:
        local.start(tmp_path / ".provision" / "emulator", report=quiet)
    assert "--state DIR" in caught.value.hint


def test_the_emulator_is_beside_the_configuration_or_below_the_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, state = tmp_path / "shop" / "config.yaml", tmp_path / "state"
    config.parent.mkdir()
    usual = config.parent / ".provision" / "emulator"
    assert emulator_directory(config, None) == usual
    assert emulator_directory(config, state) == usual  # states share it, as they share an account
    with monkeypatch.context() as patch:
        patch.setattr(os, "access", lambda path, _mode: Path(path) != config.parent)
        assert emulator_directory(config, state) == state / "emulator"
        assert emulator_directory(config, None) == usual
    (config.parent / ".provision").write_text("")
    assert emulator_directory(config, state) == state / "emulator"

"""A project that cannot be written to, as containers and CI jobs mount it: `--state DIR` is enough.

A file in the place of `.provision` refuses every write below it, also to root.
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from provision import local
from provision.local.data_directory import emulator_directory
from tests.integration.test_cli import CONFIG, Provision, home, provision
from tests.support.sample_stack import ROOT
from tests.unit.local.conftest import free_port, quiet

__all__ = ["home", "provision"]


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """Return every name in the folder, with size and time."""
    found = {str(path): path.lstat() for path in sorted(folder.rglob("*"))}
    return {name: (about.st_size, about.st_mtime_ns) for name, about in found.items()}


def test_a_whole_life_without_a_write_beside_the_configuration(
    account: None, provision: Provision, home: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (home / ".provision").write_text("")
    before = snapshot(home)
    state = ("--state", str(tmp_path_factory.mktemp("state")))
    assert provision("plan", *state).code == 0
    assert provision("up", "--yes", *state).code == 0
    assert provision("status", "--check", *state).code == 0
    assert provision("push", *state).code == 0
    assert provision("keys", "list", *state).code == 0
    assert provision("refresh", *state).code == 0
    assert provision("down", "--yes", "--destroy-data", *state).code == 0
    assert snapshot(home) == before


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

    monkeypatch.setattr("provision.local.lock.make_home", refuse)
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


WITHOUT_ITS_POWER = """\
import ctypes, os, sys
if os.geteuid() == 0:
    ctypes.CDLL(None).prctl(24, 1)  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE: after the exec it is gone
os.execv(sys.executable, [sys.executable, "-m", "provision", *sys.argv[1:]])
"""
"""A program that starts the command so that permissions bind root too."""


@pytest.mark.emulator
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes a single power from root")
def test_a_folder_without_write_permission_on_the_emulator(tmp_path: Path) -> None:
    shop, own = tmp_path / "shop", tmp_path / "own"
    (shop / "code").mkdir(parents=True)
    own.mkdir()
    (shop / "code" / "app.py").write_text("def handler(event, context):\n    return {}\n")
    (shop / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    shop.chmod(0o555)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PROVISION_"))}
    environment = kept | {"HOME": str(own), "XDG_CACHE_HOME": "", "PYTHONPATH": str(ROOT)}

    def run(*words: str, code: int = 0) -> str:
        start = [sys.executable, "-c", WITHOUT_ITS_POWER]
        done = subprocess.run(
            [*start, "--config", str(shop / "config.yaml"), *words],
            cwd=own,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done.stderr

    refused = run("local", "start", code=1)
    assert "cannot be used: Permission denied" in refused
    assert "--state DIR" in refused
    state = ("--state", str(own / "state"))
    try:
        run("up", "--local", "--yes", "--local-port", str(free_port()), *state)
        assert local.is_running(own / "state" / "emulator")
        run("status", "--local", "--check", *state)
    finally:
        run("local", "stop", *state)
    assert not local.is_running(own / "state" / "emulator")
    assert not (shop / ".provision").exists()

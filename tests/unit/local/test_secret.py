"""An emulator proves that this user started it for this folder."""

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from provision import local
from provision.cli import main
from provision.local.identity import identity, request, write_record
from provision.local.secret import data_name, key_of, make_secret, proof, read_secret
from tests.unit.local.conftest import connect, free_port, quiet
from tests.unit.local.test_ports import Ports, Stranger, listening, ports

__all__ = ["ports"]  # fixture

TEXT = "\x1b[31mOWNED"


def claiming(root: Path, /, **more: object) -> type[Stranger]:
    """Return a program that claims to be the emulator of a folder, as any who saw its path can."""
    body = json.dumps({"root": str(root), "pid": 1, "x": TEXT, **more}).encode()
    return type("Claiming", (Stranger,), {"body": body})


@pytest.mark.parametrize(
    "more",
    [{}, {"proof": ""}, {"proof": "0" * 64}, {"proof": "é"}, {"root": "\ud800"}, {"root": [1]}],
)
def test_a_stranger_that_claims_our_folder_is_a_stranger(
    root: Path, ports: Ports, more: dict[str, object]
) -> None:
    make_secret()
    root.mkdir()
    write_record(root, ports[0], 1)
    lines: list[str] = []
    with listening(ports[0], claiming(root, **more)):
        assert local.running(root) is None
        assert not local.stop(root)
        with pytest.raises(local.PortTaken) as caught:
            local.start(root, port=ports[0], report=quiet)
        assert "the emulator of" not in caught.value.message + caught.value.hint
        assert local.start(root, report=lines.append).port == ports[1]
    assert lines[0].startswith(f"port {ports[0]} is taken by ")
    assert str(root) not in lines[0]


@pytest.mark.parametrize("name", ["my\u00a0shop", "a\u200bb", "\u202ename"])
def test_a_folder_of_any_name_has_its_emulator(tmp_path: Path, ports: Ports, name: str) -> None:
    """The names contain characters that are escaped when printed."""
    root = tmp_path / name / ".provision" / "emulator"
    emulator = local.start(root, report=quiet)
    try:
        assert local.running(root) == emulator
        with pytest.raises(local.PortTaken, match="taken by the emulator of"):
            local.start(tmp_path / "other", port=ports[0], report=quiet)
    finally:
        assert local.stop(root)


@pytest.mark.skipif(sys.platform != "linux", reason="names are text there")
def test_a_folder_whose_name_is_no_text_has_none(tmp_path: Path) -> None:
    root = tmp_path / "caf\udce9" / ".provision" / "emulator"
    with pytest.raises(local.EmulatorFailed, match="is not UTF-8") as caught:
        local.start(root, report=quiet)
    assert "rename" in caught.value.hint
    assert list(tmp_path.iterdir()) == []
    assert not local.is_running(root)
    assert not local.stop(root)


def test_stop_does_not_claim_what_it_did_not_do(
    tmp_path: Path,
    ports: Ports,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_secret()
    root = tmp_path / ".provision" / "emulator"
    root.mkdir(parents=True)
    write_record(root, ports[0], 1)
    monkeypatch.chdir(tmp_path)
    with listening(ports[0], claiming(root)), pytest.raises(SystemExit):
        main(["local", "stop"])
    assert capsys.readouterr().err == f"no emulator runs in {root}\n"


def test_what_an_emulator_answers_elsewhere_is_no_proof(root: Path, ports: Ports) -> None:
    """A program in between relays the question to a real emulator on another port."""
    true = local.start(root, report=quiet)

    class Between(Stranger):
        def do_GET(self) -> None:  # noqa: N802
            self.body = request("GET", true.port, self.path)
            super().do_GET()

    with listening(ports[1], Between):
        assert identity(ports[1]) is None
    assert identity(true.port) is not None


def test_each_folder_user_port_and_question_has_its_own_proof() -> None:
    one, other = b"1" * 32, b"2" * 32
    keys = {key_of(secret, root) for secret in (one, other) for root in ("/a", "/b")}
    proofs = {proof(key, nonce, port) for key in keys for nonce in ("x", "y") for port in (1, 2)}
    assert len(proofs) == 16
    assert data_name(one) != data_name(other)


def test_without_a_secret_nobody_is_believed(root: Path, ports: Ports, user: Path) -> None:
    local.start(root, report=quiet)
    assert local.is_running(root)
    (user / "provision" / "emulator.key").rename(user / "kept")
    assert not local.is_running(root)
    assert read_secret() is None
    (user / "kept").rename(user / "provision" / "emulator.key")
    assert local.is_running(root)


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return another user's directory for program data."""
    directory = tmp_path / "user"
    monkeypatch.setenv("XDG_STATE_HOME", str(directory))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    if sys.platform != "linux":
        monkeypatch.setattr(
            "provision.local.secret.platformdirs.user_state_path",
            lambda name, **_: directory / name,
        )
    return directory


def test_the_secret_is_one_and_private(user: Path) -> None:
    assert read_secret() is None
    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(lambda _: make_secret(), range(8)))
    assert made == {read_secret()}
    file = user / "provision" / "emulator.key"
    assert file.read_bytes() in made
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(sys.platform == "win32", reason="owners and modes")
def test_a_user_without_a_home_keeps_it_in_a_folder_of_their_own(
    user: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user.write_text("a file, where nothing can be made")
    made = make_secret()
    assert made == read_secret() == make_secret()
    directory = tmp_path / "temporary" / f"provision-{os.getuid()}"
    assert (directory / "emulator.key").read_bytes() == made
    directory.chmod(0o777)  # any user may have put it there
    assert read_secret() is None
    with pytest.raises(OSError, match="written to by others"):
        make_secret()
    with pytest.raises(local.EmulatorFailed, match="may be written to by others"):
        local.start(tmp_path / "emulator", port=free_port(), report=quiet)


@pytest.mark.emulator
def test_what_a_checkout_brings_is_not_loaded(root: Path, tmp_path: Path) -> None:
    """Data that another user's emulator saved is ignored, under each name it ever had."""
    emulator = local.start(root, port=free_port(), report=quiet)
    connect("sns", emulator.endpoint).create_topic(Name="planted")
    local.stop(root)
    (saved,) = root.glob("data-*")
    checkout = tmp_path / "checkout"
    for place in (checkout, checkout / f"data-{'0' * 32}"):
        shutil.copytree(saved, place)
    try:
        there = local.start(checkout, port=free_port(), report=quiet)
        assert connect("sns", there.endpoint).list_topics()["Topics"] == []
    finally:
        local.stop(checkout)
    local.reset(checkout)
    assert {path.name for path in checkout.iterdir()} <= {"emulator.json", *LOCKS}


LOCKS = ("command.lock", "serving.lock")

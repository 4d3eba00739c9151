"""A link, a pipe or a device in the place of one of our files is named to the user.

Its target is not read, written or waited for.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from provision import local
from provision.errors import StateError, UsageError
from provision.files import (
    Planted,
    check_own_directory,
    open_to_append,
    open_to_overwrite,
    read_private,
    read_regular,
    replace_private,
    whole_file,
)
from provision.local import EmulatorFailed
from provision.state.journal import Journal
from provision.steps import KINDS
from provision.trace import open_trace
from tests.integration.test_cli import Provision, home, provision  # noqa: F401  (fixtures)
from tests.support.harness import HOLDER

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")

PRECIOUS = "[default]\naws_secret_access_key = precious\n"


@pytest.fixture
def victim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of the user's that is unrelated to this tool."""
    file = tmp_path_factory.mktemp("elsewhere") / "credentials"
    file.write_text(PRECIOUS)
    return file


def link(place: Path, victim: Path) -> None:
    place.symlink_to(victim)


def pipe(place: Path, _victim: Path) -> None:
    os.mkfifo(place)


def device(place: Path, _victim: Path) -> None:
    place.symlink_to("/dev/zero")


PLANTS = (link, pipe, device)
STATE_FILES = ("state.json", "journal.jsonl", "lock.json", "lock")


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
@pytest.mark.parametrize("name", STATE_FILES)
def test_the_state_directory_leads_nowhere_else(
    tmp_path: Path, victim: Path, name: str, plant: Callable[[Path, Path], None]
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    plant(state / name, victim)
    journal = Journal(state, "tap-dev", KINDS)
    if name == "lock.json":  # replaced anyhow, by a file of ours
        journal.open(HOLDER)
        assert not (state / name).is_symlink()
        journal.close()
    else:
        with pytest.raises(StateError, match=f"{name} is (a symbolic|not a regular)") as caught:
            journal.open(HOLDER)
        assert "--state" in caught.value.hint
        assert "precious" not in caught.value.message
    assert victim.read_text() == PRECIOUS


@pytest.mark.parametrize("name", ["state.json", "journal.jsonl"])
def test_a_command_that_only_reads_is_told_the_name(
    account: None,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
    victim: Path,
    name: str,
) -> None:
    (home / ".provision" / "dev").mkdir(parents=True)
    link(home / ".provision" / "dev" / name, victim)
    answer = provision("plan")
    assert answer.code == 1
    assert f"{name} is a symbolic link, which is not followed" in " ".join(answer.err.split())
    assert "precious" not in answer.err


@pytest.mark.parametrize("place", [".provision", ".provision/dev"])
def test_the_state_of_a_checkout_is_not_somewhere_else(
    account: None,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
    place: str,
) -> None:
    other = tmp_path_factory.mktemp("other")
    (home / place).parent.mkdir(exist_ok=True)
    (home / place).symlink_to(other)
    answer = provision("up", "--yes")
    assert answer.code == 1
    assert "is a symbolic link" in answer.err
    assert "--state" in answer.err
    assert list(other.iterdir()) == []


def test_a_planted_name_of_an_unfinished_file_is_never_the_one_used(tmp_path: Path, victim: Path):
    """The name state.json.new, used once for writing, could exist already as a link."""
    state = tmp_path / "state"
    state.mkdir()
    for name in ("state.json.new", "lock.json.new", ".state.json.new"):
        (state / name).symlink_to(victim)
    journal = Journal(state, "tap-dev", KINDS).open(HOLDER)
    journal.close()
    assert victim.read_text() == PRECIOUS


def test_what_a_killed_process_left_unfinished_is_taken_away(tmp_path: Path) -> None:
    (tmp_path / f".state.json.{os.getpid()}.0123abcd.new").write_text("{")
    Journal(tmp_path, "tap-dev", KINDS).open(HOLDER).close()
    assert {path.name for path in tmp_path.iterdir()} == {"state.json", "journal.jsonl", "lock"}


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "kept"
    replace_private(file, b"old")
    with pytest.raises(OSError, match="Is a directory"), whole_file(file) as descriptor:
        os.write(descriptor, tmp_path.read_bytes())
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]
    replace_private(file, b"new")
    assert file.read_bytes() == b"new"
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_no_primitive_goes_through(
    tmp_path: Path, victim: Path, plant: Callable[[Path, Path], None]
) -> None:
    place = tmp_path / "place"
    plant(place, victim)
    for primitive in (read_private, open_to_append, open_to_overwrite):
        with pytest.raises(Planted, match=r"place is (a symbolic link|not a regular file)"):
            primitive(place)
    replace_private(place, b"ours")
    assert not place.is_symlink()
    assert place.read_bytes() == b"ours"
    assert victim.read_text() == PRECIOUS


def test_without_the_flag_of_unix_a_link_is_seen_all_the_same(
    tmp_path: Path, victim: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provision.files._NO_LINK", 0)
    link(tmp_path / "place", victim)
    with pytest.raises(Planted, match="symbolic link"):
        open_to_overwrite(tmp_path / "place")
    assert victim.read_text() == PRECIOUS


def test_a_file_without_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(Planted, match="larger than 100"):
        read_private(tmp_path / "sparse", 100)
    with pytest.raises(Planted, match="larger than 100"):
        read_regular(tmp_path / "sparse", 100)


def test_a_directory_that_others_may_write_to_is_none_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_own_directory(tmp_path)
    tmp_path.chmod(0o770)
    with pytest.raises(Planted, match="written to by others"):
        check_own_directory(tmp_path)
    tmp_path.chmod(0o700)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(Planted, match="another user"):
        check_own_directory(tmp_path)


def test_a_file_of_another_user_is_none_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state.json").write_text("{}")
    uid = tmp_path.stat().st_uid
    monkeypatch.setattr("provision.files.os.geteuid", lambda: uid + 4711)
    if uid == 0:  # what root owns was not planted by a neighbour
        assert read_private(tmp_path / "state.json") == b"{}"
        os.chown(tmp_path / "state.json", 4712, -1)
    with pytest.raises(Planted, match="another user"):
        read_private(tmp_path / "state.json")


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_a_trace_goes_into_a_file_only(
    tmp_path: Path, victim: Path, plant: Callable[[Path, Path], None]
) -> None:
    plant(tmp_path / "trace.json", victim)
    with pytest.raises(UsageError, match="cannot be written"), open_trace(tmp_path / "trace.json"):
        pass
    assert victim.read_text() == PRECIOUS


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_a_plan_is_saved_as_a_file_only(
    account: None,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
    victim: Path,
    plant: Callable[[Path, Path], None],
) -> None:
    plant(home / "p.json", victim)
    answer = provision("plan", "--out", "p.json")
    assert answer.code == 1
    assert "cannot be saved" in answer.err
    assert victim.read_text() == PRECIOUS


@pytest.mark.parametrize("plant", [pipe, device], ids=lambda plant: plant.__name__)
@pytest.mark.parametrize("words", [("up", "p.json"), ("--config", "p.json", "config", "check")])
def test_a_file_that_has_no_end_holds_nobody(
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
    victim: Path,
    plant: Callable[[Path, Path], None],
    words: tuple[str, ...],
    account: None,
) -> None:
    plant(home / "p.json", victim)
    answer = provision(*words)
    assert answer.code in {1, 3}
    assert "not a regular file" in answer.err or "a symbolic link out" in answer.err
    assert "unexpected" not in answer.err


@pytest.mark.parametrize("place", ["", "state", "tmp", "home", "s3"])
def test_the_emulator_keeps_its_data_where_it_says(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, place: str
) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "kept").write_text("x")
    root = tmp_path / ".provision" / "emulator"
    (root / place).parent.mkdir(parents=True)
    (root / place).symlink_to(other)
    with pytest.raises(EmulatorFailed, match="symbolic link"):
        local.start(root, port=1, report=print)
    with pytest.raises(EmulatorFailed, match="symbolic link"):
        local.reset(root)
    assert [path.name for path in other.iterdir()] == ["kept"]


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
@pytest.mark.parametrize("name", ["emulator.json", "log.txt", "command.lock", "serving.lock"])
def test_no_file_of_the_emulator_leads_elsewhere(
    tmp_path: Path, victim: Path, name: str, plant: Callable[[Path, Path], None]
) -> None:
    root = tmp_path / ".provision" / "emulator"
    root.mkdir(parents=True)
    plant(root / name, victim)
    with pytest.raises(EmulatorFailed, match=f"{name} is (a symbolic|not a regular)"):
        local.start(root, port=1, report=print)
    assert victim.read_text() == PRECIOUS

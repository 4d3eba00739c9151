"""A project's files are all written or none is, for any folder and any interruption."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from provision.config import load
from provision.config.schema.root import Config
from provision.errors import Locked, ProvisionError
from provision.workflows import new_project
from provision.workflows.existing_files import FilesInTheWay
from provision.workflows.new_project import (
    STAGING,
    Written,
    refuse_existing,
    refuse_no_folder,
)
from tests.support.sample_stack import ROOT

FILES = {
    ".gitignore": b"x\n",
    "function/app.py": b"y\n",
    "tests/deep/t.py": b"",
    "config.yaml": b"z",
}


CONFIG = load(ROOT / "config.yaml", environment=None)


def write_project(folder: Path, files: dict[str, bytes], *, force: bool) -> Written:
    """Write files of any content, without signals, and return the written ones."""
    return new_project.write_project(
        folder, files, force=force, check=lambda _: CONFIG, hold=lambda: None
    )


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def content(folder: Path) -> dict[str, bytes]:
    """Return every file and link below, temporary folders too; for an empty folder its name."""
    found: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = b"-> " + os.fsencode(path.readlink())
        elif path.is_file():
            found[name] = path.read_bytes()
        elif not any(path.iterdir()):
            found[f"{name}/"] = b""
    return found


@pytest.mark.parametrize(
    "place", ["", "new", "new/below", "leer zeichen/ünïcode ☃", "-dash", "a\nb"]
)
def test_every_file_is_there(tmp_path: Path, place: str) -> None:
    made = write_project(tmp_path / place, FILES, force=False)
    assert made == Written(CONFIG, tuple(FILES), (), (), ())
    assert content(tmp_path / place) == FILES
    assert not list(tmp_path.glob(f"{STAGING}*"))


def test_what_is_there_stays_beside_it(tmp_path: Path) -> None:
    (tmp_path / "function").mkdir()
    (tmp_path / "function" / "other.py").write_bytes(b"mine")
    write_project(tmp_path, FILES, force=False)
    assert content(tmp_path) == {**FILES, "function/other.py": b"mine"}


def test_all_files_in_the_way_are_listed_and_none_is_written(tmp_path: Path) -> None:
    (tmp_path / "function").mkdir()
    before = {"function/app.py": b"mine", "config.yaml": b"mine too"}
    for path, text in before.items():
        (tmp_path / path).write_bytes(text)
    (tmp_path / ".gitignore").symlink_to("nowhere")
    with pytest.raises(FilesInTheWay) as refused:
        write_project(tmp_path, FILES, force=False)
    assert refused.value.more == ("  .gitignore", "  config.yaml", "  function/app.py")
    assert content(tmp_path) == {**before, ".gitignore": b"-> nowhere"}


def test_force_overwrites_the_files_and_follows_no_link(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret").write_bytes(b"of another")
    (inside / ".gitignore").symlink_to("../secret")
    (inside / "config.yaml").write_bytes(b"mine")
    made = write_project(inside, FILES, force=True)
    assert set(made.overwritten) == {".gitignore", "config.yaml"}
    assert content(inside) == FILES
    assert (tmp_path / "secret").read_bytes() == b"of another"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda top: (top / "config.yaml").mkdir(), "config.yaml is a folder"),
        (lambda top: (top / "function").write_text(""), "function is not a folder"),
        (lambda top: (top / "function").symlink_to(top.parent), "function is a link"),
        (lambda top: (top / "tests").symlink_to("nowhere"), "tests is a link"),
    ],
    ids=["folder", "file", "link", "dangling"],
)
def test_no_force_writes_through_a_link_or_over_a_folder(
    tmp_path: Path, make: Callable[[Path], object], said: str
) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    make(inside)
    before = content(tmp_path)
    with pytest.raises(FilesInTheWay) as refused:
        write_project(inside, FILES, force=True)
    assert refused.value.more == (f"  {said}",)
    assert content(tmp_path) == before


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.write_text("x"), "is not a folder"),
        (lambda path: path.symlink_to("nowhere"), "is a link that leads nowhere"),
        (lambda path: path.symlink_to(path.name), "is a link that leads nowhere"),
        (os.mkfifo, "is not a folder"),
    ],
    ids=["file", "dangling", "loop", "pipe"],
)
@pytest.mark.parametrize("below", ["", "project"])
def test_what_is_no_folder_is_said(
    tmp_path: Path, make: Callable[[Path], object], said: str, below: str
) -> None:
    path = tmp_path / "x"
    make(path)
    with pytest.raises(ProvisionError, match=said):
        write_project(path / below, FILES, force=True)
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_that_no_file_system_takes(tmp_path: Path) -> None:
    with pytest.raises(ProvisionError, match=r"Nothing was written.*(too long|File name)"):
        write_project(tmp_path / ("x" * 300), FILES, force=False)
    assert content(tmp_path) == {}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
@pytest.mark.parametrize("place", ["", "new"])
def test_a_folder_that_cannot_be_written_to(tmp_path: Path, place: str) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ProvisionError, match="Permission denied"):
        write_project(tmp_path / place, FILES, force=False)
    tmp_path.chmod(0o700)
    assert content(tmp_path) == {}


CALLS = ("write_all", "_make_folders", "_move")
"""Every function that creates a file or folder."""


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("force", [False, True])
def test_cut_short_anywhere_nothing_is_left(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    error: BaseException,
    force: bool,
) -> None:
    """If any call fails, before or after it takes effect, the folder is as it was."""
    before = {"mine.txt": b"1", "function/other.py": b"2"}
    if force:
        before |= {"config.yaml": b"3", "function/app.py": b"4"}
    whole = getattr(new_project, call)
    for late in (False, True):
        number = 0
        while True:
            inside = tmp_path / f"{late}-{number}"
            for path, text in before.items():
                (inside / path).parent.mkdir(parents=True, exist_ok=True)
                (inside / path).write_bytes(text)
            calls = iter(range(100))

            def cut(*words: Any, stop: int = number, after: bool = late) -> Any:
                here = next(calls) == stop  # noqa: B023
                if here and not after:
                    raise error
                done = whole(*words)
                if here and after:
                    raise error
                return done

            monkeypatch.setattr(new_project, call, cut)
            try:
                write_project(inside, FILES, force=force)
            except (ProvisionError, KeyboardInterrupt):
                found = {name: text for name, text in content(inside).items() if name[-1] != "/"}
                assert found == before
                number += 1
            else:
                break
        assert number > 1


def test_without_hard_links_it_works_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    write_project(tmp_path, FILES, force=False)
    assert content(tmp_path) == FILES


def test_a_file_that_appears_meanwhile_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    move = new_project._move

    def overtaken(source: Path, target: Path) -> None:
        if target.name == "config.yaml":
            target.write_bytes(b"of another")
        move(source, target)

    monkeypatch.setattr(new_project, "_move", overtaken)
    with pytest.raises(ProvisionError, match="File exists"):
        write_project(tmp_path, FILES, force=False)
    assert content(tmp_path)["config.yaml"] == b"of another"
    assert "function/app.py" not in content(tmp_path)


def test_a_killed_call_leaves_no_config_and_the_next_says_what(tmp_path: Path) -> None:
    code = (
        "import os, sys, pathlib\n"
        "from provision.workflows import new_project as n\n"
        f"files = {FILES!r}\n"
        "move = n._move\n"
        "def cut(s, t):\n"
        "    if t.name == 'config.yaml': os.kill(os.getpid(), 9)\n"
        "    move(s, t)\n"
        "n._move = cut\n"
        "where = pathlib.Path(sys.argv[1])\n"
        "n.write_project(where, files, force=False, check=lambda _: None, hold=lambda: None)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], cwd=ROOT, check=False)
    assert done.returncode == -9
    assert not (tmp_path / "config.yaml").exists()
    assert list(tmp_path.glob(f"{STAGING}*"))
    with pytest.raises(FilesInTheWay) as refused:
        write_project(tmp_path, FILES, force=False)
    assert refused.value.more == ("  function/app.py", "  tests/deep/t.py")
    assert not list(tmp_path.glob(f"{STAGING}*"))
    write_project(tmp_path, FILES, force=True)
    assert content(tmp_path) == FILES


def test_a_planted_temporary_folder_is_not_followed(tmp_path: Path) -> None:
    inside, kept = tmp_path / "inside", tmp_path / "kept"
    inside.mkdir()
    kept.mkdir()
    (kept / "file").write_bytes(b"1")
    (inside / f"{STAGING}x").symlink_to(kept)
    write_project(inside, FILES, force=False)
    assert (kept / "file").read_bytes() == b"1"


@pytest.mark.parametrize("exists", [True, False])
def test_of_two_at_once_one_writes_and_the_other_lists(tmp_path: Path, exists: bool) -> None:
    folder = tmp_path / "shop"
    if exists:
        folder.mkdir()
    begin = threading.Barrier(4)
    ended: list[str] = []

    def one(number: int) -> None:
        begin.wait()
        try:
            write_project(folder, {**FILES, "config.yaml": b"%d" % number}, force=False)
            ended.append(str(number))
        except FilesInTheWay as error:
            ended.append(f"refused {len(error.more)}")

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = [each for each in ended if each.isdigit()]
    assert sorted(ended) == sorted([winner, *["refused 3"] * 3])
    assert content(folder) == {**FILES, "config.yaml": winner.encode()}
    assert [each.name for each in tmp_path.iterdir()] == ["shop"]


def test_a_folder_that_another_run_has_just_made_is_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "shop"

    def made_meanwhile(path: Path) -> bool:
        folder.mkdir(exist_ok=True)
        return os.path.exists(path)  # noqa: PTH110

    monkeypatch.setattr("provision.workflows.new_project.os.path.lexists", made_meanwhile)
    refuse_no_folder(folder)


def test_one_that_does_not_end_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(new_project, "_PATIENCE", 0.1)
    with (
        new_project._locked(tmp_path, 1),
        pytest.raises(Locked, match="`provision init` is at work"),
    ):
        write_project(tmp_path, FILES, force=False)


@pytest.mark.parametrize(
    ("mask", "folder", "file"),
    [(0o022, 0o755, 0o644), (0o077, 0o700, 0o600), (0o002, 0o775, 0o664), (0o777, 0o700, 0o600)],
)
@pytest.mark.parametrize("place", ["", "new"])
def test_the_umask_holds_for_others_never_for_the_user(
    tmp_path: Path, mask: int, folder: int, file: int, place: str
) -> None:
    os.umask(mask)
    write_project(tmp_path / place, FILES, force=False)
    os.umask(0o022)
    assert stat.S_IMODE((tmp_path / place / "tests" / "deep").stat().st_mode) == folder
    assert stat.S_IMODE((tmp_path / place / "config.yaml").stat().st_mode) == file
    if place:
        assert stat.S_IMODE((tmp_path / place).stat().st_mode) == folder


USERS = {**FILES, ".gitattributes": b"a\n", "README.md": b"ours"}


@pytest.mark.parametrize(
    ("mine", "whole"),
    [
        (b"", b"x\ny/\n"),
        (b"mine\n", b"mine\nx\ny/\n"),
        (b"mine", b"mine\nx\ny/\n"),
        (b"  x \nmine\n", b"  x \nmine\ny/\n"),
        (b"mine\r\nx\r\n", b"mine\r\nx\r\ny/\r\n"),
        (b"y/\nmine\nx", b"y/\nmine\nx"),
    ],
)
@pytest.mark.parametrize("force", [False, True])
def test_a_gitignore_of_the_user_gets_the_lines_it_lacks(
    tmp_path: Path, mine: bytes, whole: bytes, force: bool
) -> None:
    (tmp_path / ".gitignore").write_bytes(mine)
    (tmp_path / ".gitignore").chmod(0o640)
    made = write_project(tmp_path, {**FILES, ".gitignore": b"x\ny/\n"}, force=force)
    assert content(tmp_path) == {**FILES, ".gitignore": whole}
    assert stat.S_IMODE((tmp_path / ".gitignore").stat().st_mode) == 0o640
    changed = (".gitignore",) if mine != whole else ()
    assert (made.overwritten, made.extended) == ((), changed)
    assert made.kept == (() if changed else (".gitignore",))
    assert (".gitignore" in made.files) == bool(changed)


@pytest.mark.parametrize("force", [False, True])
def test_a_readme_and_gitattributes_of_the_user_stay(tmp_path: Path, force: bool) -> None:
    """With --force the README is overwritten, and the output says so."""
    mine = {".gitattributes": b"mine", "README.md": b"mine too"}
    for path, text in mine.items():
        (tmp_path / path).write_bytes(text)
    made = write_project(tmp_path, USERS, force=force)
    after = {**USERS, **mine} | ({"README.md": b"ours"} if force else {})
    assert content(tmp_path) == after
    assert set(made.kept) == {".gitattributes"} | (set() if force else {"README.md"})
    assert made.overwritten == (("README.md",) if force else ())
    assert set(made.files) == set(USERS) - set(made.kept)


def test_what_is_kept_is_no_reason_to_write_the_rest_over_others(tmp_path: Path) -> None:
    mine = {".gitignore": b"mine\n", "README.md": b"mine", "config.yaml": b"mine"}
    for path, text in mine.items():
        (tmp_path / path).write_bytes(text)
    with pytest.raises(FilesInTheWay) as refused:
        write_project(tmp_path, USERS, force=False)
    assert refused.value.more == ("  config.yaml",)
    assert content(tmp_path) == mine


@pytest.mark.parametrize("place", ["", "new/below"])
def test_what_the_check_refuses_is_not_placed(tmp_path: Path, place: str) -> None:
    """The check reads the whole project, before any of it is in the folder."""
    (tmp_path / ".gitignore").write_bytes(b"mine\n")
    seen: list[dict[str, bytes]] = []

    def refuse(whole: Path) -> Config:
        seen.append(content(whole))
        assert not (tmp_path / place / "config.yaml").exists()
        raise ProvisionError("not valid")

    with pytest.raises(ProvisionError, match="not valid"):
        new_project.write_project(
            tmp_path / place, FILES, force=False, check=refuse, hold=lambda: None
        )
    ignored = b"x\n" if place else b"mine\nx\n"
    assert seen == [{**FILES, ".gitignore": ignored}]
    assert content(tmp_path) == {".gitignore": b"mine\n"}


@pytest.mark.parametrize("place", ["", "new"])
def test_signals_are_held_before_the_first_file_is_placed(tmp_path: Path, place: str) -> None:
    held: list[list[str]] = []

    def hold() -> None:
        held.append([each.name for each in tmp_path.iterdir() if STAGING not in each.name])

    new_project.write_project(
        tmp_path / place, FILES, force=False, check=lambda _: CONFIG, hold=hold
    )
    assert held == [[]]


def test_ctrl_c_while_the_temporary_folder_goes_comes_too_late(tmp_path: Path) -> None:
    """All files are in place: the call says so, and leaves nothing else."""
    code = (
        "import os, shutil, signal\n"
        "from provision.cli import main\n"
        "remove = shutil.rmtree\n"
        "def cut(*a, **k):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    remove(*a, **k)\n"
        "shutil.rmtree = cut\n"
        "main(['init', '--name', 'shop', '--template', 'minimal'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-3] == "stack shop-dev, us-east-1"
    assert (tmp_path / "config.yaml").exists()
    assert not list(tmp_path.glob(f"{STAGING}*"))


def test_what_killed_calls_left_goes_before_files_in_the_way_are_listed(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_bytes(b"mine")
    left = tmp_path / f"{STAGING}x"
    (left / "new").mkdir(parents=True)
    with new_project._locked(tmp_path, 1), pytest.raises(FilesInTheWay):
        refuse_existing(tmp_path, FILES, force=False)
    assert left.exists(), "another call is at work with it"
    with pytest.raises(FilesInTheWay):
        refuse_existing(tmp_path, FILES, force=False)
    assert content(tmp_path) == {"config.yaml": b"mine"}


def test_a_file_saved_between_the_survey_and_the_placing_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = tempfile.mkdtemp

    def saved(**words: str) -> str:
        (tmp_path / "config.yaml").write_bytes(b"saved by an editor")
        return make(**words)

    monkeypatch.setattr(tempfile, "mkdtemp", saved)
    with pytest.raises(ProvisionError, match="Nothing was written"):
        write_project(tmp_path, FILES, force=False)
    assert content(tmp_path) == {"config.yaml": b"saved by an editor"}


@pytest.mark.parametrize("name", [f"{STAGING}mine", f"{STAGING}abcdefgh"])
def test_a_users_folder_with_such_a_name_stays(tmp_path: Path, name: str) -> None:
    write_project(tmp_path / name, FILES, force=False)
    write_project(tmp_path / "other", FILES, force=False)
    assert len(content(tmp_path / name)) == len(FILES)


@pytest.mark.parametrize("asked", ["first", "at the write"])
def test_a_link_in_the_place_of_the_state_is_not_followed(tmp_path: Path, asked: str) -> None:
    shared, folder = tmp_path / "shared", tmp_path / "p"
    shared.mkdir()
    folder.mkdir()
    (folder / ".provision").symlink_to(shared)
    ask = refuse_existing if asked == "first" else write_project
    with pytest.raises(ProvisionError, match="symbolic link"):
        ask(folder, FILES, force=True)
    assert not list(shared.iterdir())
    assert [each.name for each in folder.iterdir()] == [".provision"]


def test_two_below_one_missing_folder_both_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first creates the folder between the other's choice of a place and its lock."""
    locked, first = new_project._locked, [True]

    def late(base: Path, patience: float) -> Any:
        if first and first.pop():
            write_project(tmp_path / "n" / "b", FILES, force=False)
        return locked(base, patience)

    monkeypatch.setattr(new_project, "_locked", late)
    write_project(tmp_path / "n" / "c", FILES, force=False)
    assert len(content(tmp_path / "n" / "b")) == len(content(tmp_path / "n" / "c")) == len(FILES)


def test_without_locks_a_running_call_is_not_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*_: object) -> None:
        raise OSError(errno.ENOTSUP, "no locks here")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    running = tmp_path / f"{STAGING}abcdefgh" / "new"
    running.mkdir(parents=True)
    write_project(tmp_path, FILES, force=False)
    assert running.is_dir()

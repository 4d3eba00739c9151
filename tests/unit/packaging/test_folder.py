"""Only regular files inside the folder are added to a zip, under any name."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from provision.packaging import folder as folders
from provision.packaging.archive import zip_directory
from provision.packaging.folder import PackagingFailed, check_sizes, list_all_files, list_files
from tests.unit.packaging.test_archive import names_in, write

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")

PRECIOUS = "aws_secret_access_key = precious\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    write(tmp_path, {"home/.aws/credentials": PRECIOUS, "other/lib.py": "x = 1\n"})
    return write(tmp_path / "function", {"app.py": "x = 1\n", "lib/a.py": "y = 1\n"})


def test_links_that_stay_inside_are_followed(source: Path) -> None:
    (source / "same.py").symlink_to("app.py")
    (source / "lib" / "up.py").symlink_to("../app.py")
    (source / "again").symlink_to("lib")
    (source / "whole.py").symlink_to(source / "app.py")
    assert names_in(zip_directory(source).content) == sorted(
        ["app.py", "same.py", "whole.py", "lib/a.py", "lib/up.py", "again/a.py", "again/up.py"]
    )
    for path in list_files(source).values():
        assert not path.is_symlink()
        assert path.is_relative_to(source)


def test_a_folder_that_is_reached_by_a_link_is_as_good_as_another(source: Path) -> None:
    (source.parent / "linked").symlink_to(source)
    (source / "same.py").symlink_to("app.py")
    assert zip_directory(source.parent / "linked").sha256 == zip_directory(source).sha256


def out(source: Path) -> None:
    (source / "bad").symlink_to("../home/.aws/credentials")


def out_by_a_whole_path(source: Path) -> None:
    (source / "bad").symlink_to(source.parent / "home" / ".aws" / "credentials")


def out_in_two_steps(source: Path) -> None:
    (source / "bad").symlink_to("lib/step")
    (source / "lib" / "step").symlink_to("../../other/lib.py")


def out_to_a_folder(source: Path) -> None:
    (source / "bad").symlink_to("../other")


def out_through_a_folder_inside(source: Path) -> None:
    (source / "bad").symlink_to("lib/../../other/lib.py")


def endless(source: Path) -> None:
    (source / "bad").symlink_to("/dev/zero")


def nowhere(source: Path) -> None:
    (source / "bad").symlink_to("gone.py")


def itself(source: Path) -> None:
    (source / "bad").symlink_to("bad")


def what_holds_it(source: Path) -> None:
    (source / "lib" / "bad").symlink_to("..")


def what_holds_it_by_two(source: Path) -> None:
    write(source, {"a/x.py": "", "b/y.py": ""})
    (source / "a" / "b").symlink_to("../b")
    (source / "b" / "bad").symlink_to("../a")


def hidden(source: Path) -> None:
    write(source, {".git/config": "token"})
    (source / "bad").symlink_to(".git/config")


def hidden_below(source: Path) -> None:
    write(source, {"lib/.env": "SECRET=1"})
    (source / "bad").symlink_to("lib/.env")


def a_pipe(source: Path) -> None:
    os.mkfifo(source / "bad")


def a_pipe_by_a_link(source: Path) -> None:
    write(source, {".keep/x": ""})
    os.mkfifo(source / "lib" / "pipe")
    (source / "bad").symlink_to("lib/pipe")


def a_socket(source: Path) -> None:
    listener = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(source)  # its address may be 108 characters
    try:
        listener.bind("bad")
    finally:
        os.chdir(here)
        listener.close()


REFUSED: dict[Callable[[Path], None], str] = {
    out: "symbolic link out of",
    out_by_a_whole_path: "symbolic link out of",
    out_in_two_steps: "symbolic link out of",
    out_to_a_folder: "symbolic link out of",
    out_through_a_folder_inside: "symbolic link out of",
    endless: "symbolic link out of",
    nowhere: "a broken symbolic link",
    itself: "a broken symbolic link",
    what_holds_it: "a folder that holds it",
    what_holds_it_by_two: "a folder that holds it",
    hidden: "which is hidden",
    hidden_below: "which is hidden",
    a_pipe: "neither a file nor a folder",
    a_pipe_by_a_link: "neither a file nor a folder",
    a_socket: "neither a file nor a folder",
}


@pytest.mark.parametrize("plant", REFUSED, ids=lambda plant: plant.__name__)
@pytest.mark.parametrize("listing", [list_files, list_all_files])
def test_what_is_no_file_inside_is_an_error_that_names_it(
    source: Path, plant: Callable[[Path], None], listing: Callable[[Path], object]
) -> None:
    plant(source)
    if listing is list_all_files and plant in {hidden, hidden_below}:
        plant = hidden  # a package may contain a hidden file, but no link to one
    with pytest.raises(PackagingFailed, match=REFUSED[plant]) as caught:
        listing(source)
    assert str(source) in caught.value.message
    assert caught.value.hint
    assert "precious" not in caught.value.message


def test_what_is_left_out_may_be_anything(source: Path) -> None:
    """A virtual environment or an editor's socket is hidden, and full of links."""
    write(source, {".venv/bin/x": ""})
    (source / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (source / ".link").symlink_to("/etc/passwd")
    (source / "__pycache__").symlink_to("/tmp")
    assert names_in(zip_directory(source).content) == ["app.py", "lib/a.py"]


def test_more_than_lambda_takes_is_known_before_it_is_read(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (source / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    monkeypatch.setattr(folders, "read_regular", None)
    with pytest.raises(PackagingFailed, match=r"1048576\.0 MiB unzipped"):
        check_sizes(list_files(source), str(source))
    with pytest.raises(PackagingFailed, match="sparse"):
        zip_directory(source)


def test_links_that_fan_out_end(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty folders, each with two links to the next, have 2**40 paths to one file."""
    monkeypatch.setattr(folders, "MOST_FILES", 1_000)
    for number in range(40):
        (source / f"d{number}").mkdir()
        if number:
            for name in "ab":
                (source / f"d{number - 1}" / name).symlink_to(f"../d{number}")
    with pytest.raises(PackagingFailed, match="over 1,000 files"):
        list_files(source)


def test_two_names_that_are_one_in_the_zip_are_said(source: Path) -> None:
    write(source, {"\u00e4.py": "x", "a\u0308.py": "y"})
    with pytest.raises(PackagingFailed, match="two files that are"):
        list_files(source)


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes there")
def test_a_name_that_is_no_text_is_said(source: Path) -> None:
    (source / os.fsdecode(b"\xff.py")).write_text("")
    with pytest.raises(PackagingFailed, match="not UTF-8"):
        list_files(source)


def test_a_folder_of_any_depth_is_read_in_no_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each path was resolved from the root: minutes for the contents of a wheel of 8 KB."""
    at = tmp_path / "function"
    for part in range(20):
        write(at / str(part) / "/".join("d" * 99), {"app.py": ""})
    looked_up: list[Path] = []
    resolve = Path.resolve

    def counted(path: Path, *, strict: bool = False) -> Path:
        looked_up.append(path)
        return resolve(path, strict=strict)

    monkeypatch.setattr(Path, "resolve", counted)
    assert len(list_files(at)) == 20
    assert len(looked_up) == 1
    write(at / "/".join("d" * 101), {"app.py": ""})
    with pytest.raises(PackagingFailed, match="has folders more than 100 deep: d/d/d/"):
        list_files(at)

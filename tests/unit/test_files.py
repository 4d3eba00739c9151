"""A file that must not replace another is whole under its name, or not there."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from provision import files
from provision.files import create_private


def no_links(*_: Any, **__: Any) -> None:
    raise OSError(errno.EPERM, "no hard links here")


@pytest.fixture(params=["hard links", "no hard links"])
def _file_system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "no hard links":
        monkeypatch.setattr(os, "link", no_links)


@pytest.mark.usefixtures("_file_system")
def test_it_is_private_whole_and_alone(tmp_path: Path) -> None:
    create_private(tmp_path / "new", b"content")
    assert (tmp_path / "new").read_bytes() == b"content"
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["new"]


@pytest.mark.usefixtures("_file_system")
@pytest.mark.parametrize("kind", ["file", "link", "folder"])
def test_nothing_is_replaced_also_if_it_appears_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path, writing = tmp_path / "new", files.write_all

    def meanwhile(descriptor: int, content: bytes) -> None:
        writing(descriptor, content)
        if kind == "file":
            path.write_bytes(b"theirs")
        elif kind == "link":
            path.symlink_to(tmp_path / "nowhere")
        else:
            path.mkdir()

    monkeypatch.setattr(files, "write_all", meanwhile)
    with pytest.raises(FileExistsError):
        create_private(path, b"content")
    assert [each.name for each in tmp_path.iterdir()] == ["new"]
    assert path.is_symlink() == (kind == "link")
    assert kind != "file" or path.read_bytes() == b"theirs"

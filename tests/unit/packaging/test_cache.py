"""A cached zip is used only for the same inputs, otherwise rebuilt; only the user writes it."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from provision.packaging.archive import Archive
from provision.packaging.cache import KEPT_SECONDS, Cache, open_cache

INPUTS = {"target": "python3.13", "pins": "six"}
OURS, OTHER = Archive.of(b"ours"), Archive.of(b"other")


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    made = Cache(tmp_path / "packages")
    made.keep_layer(INPUTS, OURS)
    return made


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the user's cache directory."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    monkeypatch.delenv("UV_CACHE_DIR", raising=False)
    return tmp_path / "user"


def manifest(cache: Cache) -> Path:
    (file,) = cache.directory.glob("*.json")
    return file


def opened(checkout: Path) -> tuple[Cache, list[str]]:
    said: list[str] = []
    return open_cache(checkout, said.append), said


def test_what_was_made_of_the_same_is_found(cache: Cache) -> None:
    assert cache.layer(dict(INPUTS)) == OURS
    assert cache.layer(INPUTS | {"pins": "seven"}) is None
    assert Cache(cache.directory / "none").layer(INPUTS) is None


def zip_of(cache: Cache, bundle: Archive) -> Path:
    return cache.directory / f"{bundle.sha256}.zip"


def a_zip_under_the_name_of_another(cache: Cache) -> None:
    cache.keep(OTHER).replace(zip_of(cache, OURS))


def a_manifest_of_other_inputs(cache: Cache) -> None:
    told = {"inputs": {"format": "2", "pins": "seven"}, "zip": OURS.sha256}
    manifest(cache).write_text(json.dumps(told))


def a_link_for_a_manifest(cache: Cache) -> None:
    manifest(cache).rename(elsewhere := cache.directory.parent / "elsewhere.json")
    cache._manifest(INPUTS).symlink_to(elsewhere)


def a_pipe_for_a_zip(cache: Cache) -> None:
    zip_of(cache, OURS).unlink()
    os.mkfifo(zip_of(cache, OURS))


HARM: dict[str, Callable[[Cache], object]] = {
    "torn": lambda cache: zip_of(cache, OURS).write_bytes(b"ou"),
    "empty": lambda cache: zip_of(cache, OURS).write_bytes(b""),
    "no zip": lambda cache: zip_of(cache, OURS).rename(cache.directory / "gone"),
    "another zip": a_zip_under_the_name_of_another,
    "torn manifest": lambda cache: manifest(cache).write_text("{"),
    "deep manifest": lambda cache: manifest(cache).write_text("[" * 100_000),
    "a way out": lambda cache: manifest(cache).write_text('{"inputs": {}, "zip": "../../x"}'),
    "no text": lambda cache: manifest(cache).write_bytes(b"\xff"),
    "other inputs": a_manifest_of_other_inputs,
    "linked manifest": a_link_for_a_manifest,
    "a pipe": a_pipe_for_a_zip,
}


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
@pytest.mark.parametrize("harm", HARM)
def test_what_is_damaged_is_made_again(cache: Cache, harm: str) -> None:
    HARM[harm](cache)
    assert cache.layer(INPUTS) is None
    cache.keep_layer(INPUTS, OURS)
    assert cache.layer(INPUTS) == OURS
    assert cache.keep(OURS).read_bytes() == OURS.content


def test_a_damaged_zip_of_a_function_is_whole_for_the_next_run(cache: Cache) -> None:
    """A damaged zip blocked every later `up`, because an existing file was not written again."""
    cache.keep(OTHER).write_bytes(b"damaged")
    assert cache.keep(OTHER).read_bytes() == OTHER.content


def test_many_at_once_are_not_in_each_others_way(cache: Cache) -> None:
    """Two environments in one checkout used to share the name of the unfinished file."""
    failed: list[BaseException] = []
    together = threading.Barrier(8)

    def keep() -> None:
        try:
            for _ in range(20):
                together.wait(30)
                cache.keep(OURS).unlink(missing_ok=True)
                cache.keep_layer(INPUTS, OURS)
        except BaseException as error:  # noqa: BLE001 (the test reports it)
            failed.append(error)

    threads = [threading.Thread(target=keep) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    cache.keep_layer(INPUTS, OURS)
    assert cache.layer(INPUTS) == OURS
    assert not list(cache.directory.glob(".*"))


def test_it_is_the_users_and_nobody_elses(user: Path, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        cache, said = opened(tmp_path / "checkout")
        path = cache.keep(OURS)
    finally:
        os.umask(before)
    assert said == []
    assert cache.downloads is None
    assert path.is_relative_to(user)
    assert path.stat().st_mode & 0o777 == 0o600
    assert {each.stat().st_mode & 0o777 for each in (path.parent, path.parent.parent)} == {0o700}


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
@pytest.mark.parametrize(
    "reason", ["inside", "link inside", "others may write", "another user", "a link", "relative"]
)
def test_where_it_cannot_be_trusted_the_zips_live_for_the_run(
    user: Path, tmp_path: Path, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    directory = user / "provision" / "packages"
    if reason == "inside":
        monkeypatch.setenv("XDG_CACHE_HOME", str(checkout / ".cache"))
    elif reason == "link inside":
        (checkout / "provision").mkdir()
        user.symlink_to(checkout)
    elif reason == "relative":
        without_home = Path("~/.cache/provision")
        monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: without_home)
    elif reason == "a link":
        (tmp_path / "planted").mkdir()
        directory.parent.mkdir(parents=True)
        directory.symlink_to(tmp_path / "planted")
    else:
        directory.mkdir(parents=True)
        directory.chmod(0o777 if reason == "others may write" else 0o700)
    if reason == "another user":
        monkeypatch.setattr("provision.files.os.geteuid", lambda: 4711)
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.rglob("*"))
    cache, said = opened(checkout)
    assert len(said) == 1
    assert "for this run only" in said[0]
    assert cache.keep(OURS).read_bytes() == OURS.content
    assert cache.downloads is not None
    assert cache.downloads.is_relative_to(cache.directory)
    assert set(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("asked", "is_taken"),
    [("checkout/.uv-cache", False), ("theirs", False), ("ours", True), ("none yet", True)],
)
def test_downloads_are_not_taken_from_where_a_checkout_may_have_them(
    user: Path, tmp_path: Path, asked: str, is_taken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """uv trusts its own cache, and CI often keeps that in the checkout."""
    for name in ("checkout/.uv-cache", "theirs", "ours"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "theirs").chmod(0o777)
    monkeypatch.chdir(tmp_path / "checkout")
    relative = os.path.relpath(tmp_path / asked, tmp_path / "checkout")
    monkeypatch.setenv("UV_CACHE_DIR", relative)
    cache, said = opened(tmp_path / "checkout")
    assert (cache.downloads is None) == is_taken
    assert cache.downloads is None or cache.downloads.is_relative_to(user)
    assert said == []


def test_what_was_not_used_for_a_month_goes(user: Path, tmp_path: Path) -> None:
    cache, _ = opened(tmp_path)
    cache, _ = opened(tmp_path / "checkout")
    cache.keep_layer(INPUTS, OURS)
    cache.keep(OTHER)
    long_ago = manifest(cache).stat().st_mtime - KEPT_SECONDS - 60
    for file in cache.directory.iterdir():
        os.utime(file, (long_ago, long_ago))
    assert cache.layer(INPUTS) == OURS  # which is a use
    opened(tmp_path / "checkout")
    assert {file.suffix for file in cache.directory.iterdir()} == {".json", ".zip"}
    assert not (cache.directory / f"{OTHER.sha256}.zip").exists()
    assert cache.layer(INPUTS) == OURS

"""The total that uv writes is limited while it writes: in files, bytes and depth."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import platformdirs
import pytest
import uv

from provision.packaging import growth, installer, installer_process
from provision.packaging.cache import Cache
from provision.packaging.folder import MOST_DEEP, MOST_FILES
from provision.packaging.growth import Growth, LimitExceeded, remove, size_below
from provision.packaging.installer import WheelInstallFailed
from provision.packaging.layers import build_layer
from tests.support.sample_stack import ROOT
from tests.unit.packaging.test_archive import names_in, write
from tests.unit.packaging.wheels import Wheel, listening, make_wheel

Patch = pytest.MonkeyPatch

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the cache has no lock there")

FEW = 500
FILES = {f"bomb/{n}.py": "" for n in range(2 * FEW)}
DEEP = "/".join("d" for _ in range(900))
HALF = {f"part/{n}.py": "" for n in range(FEW * 2 // 3)}


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: Patch) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def few(monkeypatch: Patch) -> None:
    """Set limits so low that small wheels exceed them."""
    monkeypatch.setattr(growth, "MOST_ENTRIES", FEW)
    monkeypatch.setattr(growth, "MOST_WRITTEN", 20_000_000)
    monkeypatch.setattr(installer_process, "_EVERY", 0.01)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: Patch) -> Path:
    """Return uv's cache, with some content of earlier runs."""
    for name in ("UV_INDEX", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "PIP_INDEX_URL", "UV_NO_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    old: dict[str, str | bytes] = {f".tmpolder/{n}": "" for n in range(2 * FEW)}
    return write(tmp_path / "uv", old | {"archive-v0/older/module.py": ""})


def build(tmp_path: Path, *wheels: Wheel) -> list[str]:
    pins = "".join(each.pin for each in wheels)
    source = write(tmp_path / "layer", {"requirements.txt": pins})
    kept = Cache(tmp_path / "cache")
    bundle = build_layer(source, runtime="local", architecture="arm64", cache=kept)
    return names_in(bundle.content)


def nothing_is_left(cache: Path, scratch: Path, *complete: Mapping[str, str | bytes]) -> None:
    """Assert that uv's cache and the folder are as before.

    A wheel of `complete` may be in the cache, whole: uv may have unpacked it before its end.
    """
    assert list(scratch.iterdir()) == []
    assert [path.name for path in cache.glob(".tmp*")] == [".tmpolder"]
    packages = list(cache.glob("archive-v*/*"))
    assert "older" in [path.name for path in packages]
    added = [path for path in packages if path.name != "older"]
    assert len(added) < max(len(complete), 1)
    for package in added:
        names = {str(path.relative_to(package)) for path in package.rglob("*") if path.is_file()}
        assert names >= set(complete[0])
    assert len(list((cache / ".tmpolder").iterdir())) == 2 * FEW


HUGE: dict[str, tuple[list[Mapping[str, str | bytes]], str]] = {
    "files": ([FILES], f"more than {FEW} files and folders"),
    "folders": ([{f"bomb/{n}/": "" for n in range(2 * FEW)}], "files and folders"),
    "programs": ([{f"bomb0-1.0.data/scripts/{n}": "#!python" for n in range(2 * FEW)}], "files"),
    "several wheels": ([HALF, HALF], "files and folders"),
    "depth": ([{f"{DEEP}/x.py": ""}], f"folders more than {MOST_DEEP} deep"),
    "bytes": ([{f"bomb/{n}": bytes(5_000_000) for n in range(40)}], "more than 19.1 MiB"),
}
"""The files of wheels named bomb0, bomb1, …, and the error for them."""


@pytest.mark.parametrize("served", [False, True], ids=["of a folder", "of an index"])
@pytest.mark.parametrize("case", HUGE)
def test_too_much_is_ended_and_leaves_nothing(
    tmp_path: Path,
    scratch: Path,
    cache: Path,
    case: str,
    served: bool,
    few: None,
    monkeypatch: Patch,
) -> None:
    contents, said = HUGE[case]
    wheels = [
        make_wheel(tmp_path / "wheels", f"bomb{n}", files) for n, files in enumerate(contents)
    ]
    with listening(tmp_path / "wheels") as index:
        if served:
            monkeypatch.delenv("UV_FIND_LINKS")
            monkeypatch.delenv("UV_NO_INDEX")
            monkeypatch.setenv("UV_DEFAULT_INDEX", index.address)
        with pytest.raises(WheelInstallFailed) as caught:
            build(tmp_path, *wheels)
    assert said in caught.value.message
    assert "bomb0==1.0" in str(caught.value) or len(wheels) > 1
    assert "left" not in str(caught.value)
    assert "pin another version" in caught.value.hint
    assert caught.value.exit_code == 1
    nothing_is_left(cache, scratch, *(contents if len(contents) > 1 else ()))


def test_the_largest_of_several_is_named(
    tmp_path: Path, scratch: Path, cache: Path, few: None
) -> None:
    wheels = [
        make_wheel(tmp_path / "wheels", name, files)
        for name, files in {
            "plain": {"plain.py": ""},
            "big_one": {f"big_one/{n}.py": "" for n in range(2 * FEW)},
        }.items()
    ]
    with pytest.raises(WheelInstallFailed, match=r"the most of it: big-one==1\.0$"):
        build(tmp_path, *wheels)


def test_the_largest_is_named_after_uv_has_ended(
    tmp_path: Path, scratch: Path, cache: Path, few: None, monkeypatch: Patch
) -> None:
    """Here the package is renamed whenever it is read, as uv does once with each."""
    moving = (
        "place.rename(cache / f'.tmp{number}'); "
        "place = cache / f'.tmp{number}'; (place / str(number)).touch()"
    )
    pid = endless(tmp_path, monkeypatch, "place if number else cache / '.tmpnew'", moving)
    other = Wheel(PIN.path, PIN.pin.replace("bomb", "other"))
    with pytest.raises(WheelInstallFailed) as caught:
        build(tmp_path, PIN, other)
    assert has_ended(pid)
    (named,) = caught.value.more
    assert len(named) > len("the most of it: "), named


def test_what_was_unpacked_before_is_counted_where_it_is_copied(
    tmp_path: Path, scratch: Path, cache: Path, monkeypatch: Patch
) -> None:
    wheel = make_wheel(tmp_path / "wheels", "bomb", FILES)
    assert "python/bomb/0.py" in build(tmp_path, wheel)
    (kept,) = (path for path in cache.glob("archive-v*/*") if path.name != "older")
    for path in (tmp_path / "cache").iterdir():
        path.unlink()
    monkeypatch.setattr(growth, "MOST_ENTRIES", FEW)
    with pytest.raises(WheelInstallFailed, match="files and folders"):
        build(tmp_path, wheel)
    assert kept.is_dir(), "it was there before"


@pytest.mark.parametrize("served", [False, True], ids=["of a folder", "of an index"])
def test_what_was_deleted_is_unpacked_anew(
    tmp_path: Path, scratch: Path, cache: Path, served: bool, few: None, monkeypatch: Patch
) -> None:
    """uv records a finished package in another place, and trusts that record."""
    wheels = [make_wheel(tmp_path / "wheels", f"half{n}", HALF) for n in range(2)]
    with listening(tmp_path / "wheels") as index:
        if served:
            monkeypatch.delenv("UV_FIND_LINKS")
            monkeypatch.delenv("UV_NO_INDEX")
            monkeypatch.setenv("UV_DEFAULT_INDEX", index.address)
        monkeypatch.setattr(installer_process, "_EVERY", 60)  # when all is complete
        with pytest.raises(WheelInstallFailed, match="files and folders"):
            build(tmp_path, *wheels)
        nothing_is_left(cache, scratch)
        monkeypatch.setattr(growth, "MOST_ENTRIES", 100 * FEW)
        assert "python/part/0.py" in build(tmp_path, *wheels)


def test_the_bounds_are_those_that_are_told() -> None:
    told = " ".join((ROOT / "docs" / "layers.md").read_text("utf-8").split())
    assert f"{growth.MOST_ENTRIES:,} files and folders" in told
    assert f"{growth.MOST_WRITTEN // 1_048_576:,} MiB" in told
    assert f"{MOST_DEEP} folders deep" in told


def test_a_layer_as_large_as_lambda_takes_is_no_attack() -> None:
    assert growth.MOST_ENTRIES > MOST_FILES
    assert growth.MOST_WRITTEN >= 3 * installer_process.MOST_BYTES


ENDLESS = """\
#!{python}
import os, pathlib, sys, time
cache = pathlib.Path(os.environ["UV_CACHE_DIR"])
(cache / ".lock").touch()
pathlib.Path({pid!r}).write_text(str(os.getpid()))
print("at work", file=sys.stderr, flush=True)
number = 0
while True:
    place = {place}
    place.mkdir(parents=True, exist_ok=True)
    {write}
    number += 1
"""
PLACES = {
    "in the cache": "cache / '.tmpnew'",
    "in the cache, finished": "cache / 'archive-v0' / str(number // 10)",
    "in the folder": "pathlib.Path('packages', 'bomb')",
}
WRITES = {
    "files": "(place / str(number)).touch()",
    "bytes": "(place / str(number % 9)).write_bytes(bytes(1_000_000)); time.sleep(0.01)",
    "depth": "os.chdir(place); os.mkdir('d'); os.chdir('d')",
}


def endless(tmp_path: Path, monkeypatch: Patch, place: str, writing: str) -> Path:
    """Run a program in uv's place that writes until it is stopped; return its pid file."""
    program, pid = tmp_path / "endless", tmp_path / "pid"
    text = ENDLESS.format(python=sys.executable, pid=str(pid), place=place, write=writing)
    program.write_text(text)
    program.chmod(0o755)
    monkeypatch.setattr(uv, "find_uv_bin", lambda: str(program))
    return pid


def has_ended(pid: Path) -> bool:
    try:
        os.kill(int(pid.read_text()), 0)
    except ProcessLookupError:
        return True
    return False


PIN = Wheel(Path("nowhere"), f"bomb==1.0 --hash=sha256:{'0' * 64}\n")


@pytest.mark.parametrize("told", [True, False], ids=["bytes are told", "bytes are counted"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", ["files", "bytes"])
def test_it_is_ended_while_it_writes(
    tmp_path: Path,
    scratch: Path,
    cache: Path,
    few: None,
    kind: str,
    place: str,
    told: bool,
    monkeypatch: Patch,
) -> None:
    """Such a process would never end by itself."""
    if not told:
        monkeypatch.setattr(installer_process, "_written_by", lambda _pid: None)
        if kind == "bytes":  # all of them at once
            monkeypatch.setattr(growth, "MOST_WRITTEN", 5_000_000)
    pid = endless(tmp_path, monkeypatch, PLACES[place], WRITES[kind])
    monkeypatch.setattr(installer_process, "SECONDS", 60)
    with pytest.raises(WheelInstallFailed, match=r"more than .* files|more than .* MiB"):
        build(tmp_path, PIN)
    assert has_ended(pid)
    assert list(scratch.iterdir()) == []
    assert [path.name for path in cache.glob(".tmp*")] == [".tmpolder"]


@pytest.mark.skipif(sys.platform != "linux", reason="as /proc tells")
def test_bytes_that_nobody_sees_are_counted(
    tmp_path: Path, scratch: Path, cache: Path, few: None, monkeypatch: Patch
) -> None:
    """Files that are not in any directory listing are counted.

    uv keeps a download in a file without a name, and parts of a wheel elsewhere in its cache.
    """
    hidden = "os.write(os.memfd_create('x'), bytes(1_000_000)); time.sleep(0.01)"
    pid = endless(tmp_path, monkeypatch, PLACES["in the cache"], hidden)
    monkeypatch.setattr(installer_process, "SECONDS", 60)
    with pytest.raises(WheelInstallFailed, match=r"more than 19\.1 MiB"):
        build(tmp_path, PIN)
    assert has_ended(pid)


@pytest.mark.parametrize("place", ["in the cache", "in the cache, finished"])
def test_a_timeout_leaves_what_was_finished_and_no_more(
    tmp_path: Path, scratch: Path, cache: Path, place: str, monkeypatch: Patch
) -> None:
    pid = endless(tmp_path, monkeypatch, PLACES[place], f"{WRITES['files']}; time.sleep(0.1)")
    monkeypatch.setattr(installer_process, "SECONDS", 2)
    with pytest.raises(WheelInstallFailed, match="took more than") as caught:
        build(tmp_path, PIN)
    assert "check the network" in caught.value.hint
    assert has_ended(pid)
    assert [path.name for path in cache.glob(".tmp*")] == [".tmpolder"]
    finished = sorted(path.name for path in cache.glob("archive-v0/*"))
    assert len(finished) > 1 if "finished" in place else finished == ["older"]


def test_nothing_is_deleted_where_another_uv_works(
    tmp_path: Path, scratch: Path, cache: Path, few: None
) -> None:
    """Its half unpacked packages look like ours; all uv processes share the lock."""
    (cache / ".lock").touch()
    wheel = make_wheel(tmp_path / "wheels", "bomb", FILES)
    with (cache / ".lock").open() as other:
        fcntl.flock(other, fcntl.LOCK_SH)
        with pytest.raises(
            WheelInstallFailed, match=r"some is left in uv.* cache prune --cache-dir .*/uv` del"
        ):
            build(tmp_path, wheel)
        assert len(list(cache.glob(".tmp*")) + list(cache.glob("archive-v*/*"))) == 3
    assert list(scratch.iterdir()) == []


def test_uv_holds_the_lock_that_is_asked_for(tmp_path: Path, cache: Path) -> None:
    """Otherwise its packages would be deleted while it installs them."""
    wheel = make_wheel(tmp_path / "wheels", "slow", {f"slow/{n}": "" for n in range(20_000)})
    pins = write(tmp_path / "run", {"pins.txt": wheel.pin})
    command = [uv.find_uv_bin(), "pip", "install", "--no-config", "--no-index", "--requirements"]
    command += ["pins.txt", "--target", "packages", "--python", sys.executable, "--quiet"]
    grown = Growth.since_now(pins, cache)
    with subprocess.Popen(command, cwd=pins) as process:
        while process.poll() is None and not grown._new():
            time.sleep(0.01)
        assert process.poll() is None
        assert not grown.forget()
        process.wait()
    assert process.returncode == 0
    assert grown.forget()
    assert grown.finished() == {"slow"}


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({}, "home/.cache/uv"),
        ({"XDG_CACHE_HOME": "{}/mine"}, "mine/uv"),
        ({"UV_CACHE_DIR": "{}/other", "XDG_CACHE_HOME": "{}/mine"}, "other"),
        ({"UV_NO_CACHE": "1", "UV_CACHE_DIR": "{}/other"}, "scratch/cache"),
        ({"UV_NO_CACHE": "false", "UV_CACHE_DIR": "{}/other"}, "other"),
    ],
)
def test_uv_unpacks_where_it_is_looked_for(
    tmp_path: Path, cache: Path, given: dict[str, str], place: str, monkeypatch: Patch
) -> None:
    given = {name: value.format(tmp_path) for name, value in given.items()}
    for name in ("UV_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**given, "HOME": str(tmp_path / "home")}.items():
        monkeypatch.setenv(name, value)
    ours = installer._cache({**given, "HOME": str(tmp_path / "home")}, tmp_path / "scratch")
    assert ours == tmp_path / place
    if "scratch" not in place and sys.platform == "linux":
        command = [uv.find_uv_bin(), "cache", "dir", "--no-config"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == str(ours)


def test_without_a_home_the_cache_goes_with_the_run(tmp_path: Path, monkeypatch: Patch) -> None:
    def lost(*_: object, **__: object) -> Path:
        raise RuntimeError

    for found in (lost, lambda *_, **__: Path("~/.cache/uv")):
        monkeypatch.setattr(platformdirs, "user_cache_path", found)
        assert installer._cache({}, tmp_path) == tmp_path / "cache"


def test_a_cache_for_the_run_is_bounded_and_goes(
    tmp_path: Path, scratch: Path, cache: Path, few: None, monkeypatch: Patch
) -> None:
    monkeypatch.setenv("UV_NO_CACHE", "1")
    with pytest.raises(WheelInstallFailed, match="files and folders") as caught:
        build(tmp_path, make_wheel(tmp_path / "wheels", "bomb", FILES))
    assert "left" not in str(caught.value)
    nothing_is_left(cache, scratch)
    part = {f"part/{n}": "" for n in range(FEW * 2 // 3)}
    assert "python/part/0" in build(tmp_path, make_wheel(tmp_path / "wheels", "part", part))


@pytest.mark.skipif(sys.platform != "linux", reason="no such limit there")
def test_a_wheel_that_takes_all_memory_is_refused(
    tmp_path: Path, scratch: Path, cache: Path, monkeypatch: Patch
) -> None:
    """uv reads some files whole."""
    monkeypatch.setattr(installer_process, "MOST_MEMORY", 250_000_000)
    rows = "".join(f"bomb/{n}.py,,\n" for n in range(2_000_000))
    wheel = make_wheel(tmp_path / "wheels", "bomb", {}, record=rows)
    with pytest.raises(WheelInstallFailed) as caught:
        build(tmp_path, wheel)
    assert "uv was ended by signal 6" in caught.value.message
    assert "memory" in caught.value.hint
    nothing_is_left(cache, scratch)


@pytest.mark.skipif(sys.platform != "linux", reason="no such order there")
def test_it_ends_with_us_even_if_we_are_killed(
    tmp_path: Path, cache: Path, monkeypatch: Patch
) -> None:
    pid = endless(tmp_path, monkeypatch, PLACES["in the cache"], "time.sleep(0.1)")
    code = (
        "import sys, uv; from pathlib import Path; from provision.packaging.growth import Growth\n"
        "from provision.packaging.installer_process import run; import os\n"
        "here = Growth.since_now(Path(sys.argv[1]), Path(os.environ['UV_CACHE_DIR']))\n"
        "run([sys.argv[2]], here, dict(os.environ))"
    )
    command = [sys.executable, "-c", code, str(tmp_path), str(tmp_path / "endless")]
    with subprocess.Popen(command) as process:
        until = time.monotonic() + 20
        while not (pid.exists() and pid.read_text()) and time.monotonic() < until:
            time.sleep(0.02)
        process.kill()
    until = time.monotonic() + 10
    while not has_ended(pid) and time.monotonic() < until:
        time.sleep(0.02)
    assert has_ended(pid)


def test_a_folder_of_any_depth_is_deleted(tmp_path: Path, monkeypatch: Patch) -> None:
    """So is one whose path has become too long since it was created."""
    top = tmp_path / "top"
    top.mkdir()
    monkeypatch.chdir(top)
    for _ in range(1200):
        Path("one of many folders").mkdir()
        os.chdir("one of many folders")
        Path("file").touch()
        Path("link").symlink_to(tmp_path)
    os.chdir(tmp_path)
    remove(top)
    assert list(tmp_path.iterdir()) == []


def test_counting_stops_where_it_is_too_much(tmp_path: Path, few: None) -> None:
    for place in range(10):
        write(tmp_path / str(place), {str(n): "" for n in range(FEW // 2)})
    assert FEW < size_below(tmp_path, sized=True).entries < 10 * FEW // 2
    assert size_below(tmp_path / "gone", sized=True).entries == 0
    grown = Growth.since_now(tmp_path / "none", tmp_path / "none")
    grown.check(None)
    with pytest.raises(LimitExceeded, match="more than 19"):
        grown.check(20_000_001)

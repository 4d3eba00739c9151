"""A fork of the preloaded program sees what a process of its own would see, and ends like one."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import preloaded_probe
from tests.support.preloaded import PLAIN, Forked, Place, Program
from tests.support.sample_stack import ROOT

MODULE = "tests.support.preloaded_probe"
COMMAND = (sys.executable, "-m", MODULE)
PROBE = Program(MODULE, "main", str(preloaded_probe.__file__), COMMAND)
WORDS = ["one", "two words", ""]
ON_A_TERMINAL = (Place(session=True, terminal=True), Place(True, True, True))
_REAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    " os.execv(sys.argv[1], sys.argv[1:])"
)
_REAL_BEHIND = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
job = os.fork()
if not job:
    os.setpgid(0, 0)
    os.execv(sys.argv[1], sys.argv[1:])
sys.exit(os.waitstatus_to_exitcode(os.waitpid(job, 0)[1]))
"""


def variables(**more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME")}
    return {**kept, "LANG": "C.UTF-8", "STARTER": str(os.getpid()), "PYTHONPATH": str(ROOT), **more}


def real(folder: Path, given: dict[str, str], place: Place = PLAIN, **streams: int) -> Any:
    before: list[str] = []
    if place.terminal:
        before = [sys.executable, "-I", "-S", "-c", _REAL_BEHIND if place.behind else _REAL]
    return subprocess.Popen(
        [*before, *COMMAND, *WORDS],
        cwd=folder,
        env=given,
        text=True,
        start_new_session=place.session,
        **streams,  # type: ignore[call-overload]
    )


def forked(folder: Path, given: dict[str, str], place: Place = PLAIN, **streams: int) -> Any:
    return Forked(WORDS, folder, given, place=place, program=PROBE, **streams)


Started = Callable[..., Any]


def looked(start: Started, folder: Path, place: Place, **more: str) -> tuple[Any, ...]:
    file = folder / f"{start.__name__}.json"
    given = variables(SEEN=str(file), **more)
    if place.terminal:
        ours, theirs = pty.openpty()
        process = start(folder, given, place, stdin=theirs, stdout=theirs, stderr=theirs)
        process.wait()
        said = os.read(ours, 1000)
        os.close(ours)
        os.close(theirs)
        return process.returncode, said, json.loads(file.read_text())
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = start(folder, given, place, **pipes)
    out, err = process.communicate()
    return process.returncode, out, err, json.loads(file.read_text())


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"PYTHONUNBUFFERED": "1", "TZ": "Asia/Tokyo"},
        {"PYTHONIOENCODING": "cp1252", "PYTHONDONTWRITEBYTECODE": "1"},
        {"PYTHONIOENCODING": "ascii:replace", "PYTHONPATH": f"/nowhere:{ROOT}"},
    ],
    ids=["plain", "unbuffered", "cp1252", "ascii"],
)
@pytest.mark.parametrize("place", [PLAIN, *ON_A_TERMINAL], ids=["pipes", "terminal", "behind"])
def test_it_sees_what_a_real_one_sees(tmp_path: Path, place: Place, more: dict[str, str]) -> None:
    expected = looked(real, tmp_path, place, **more)
    found = looked(forked, tmp_path, place, **more)
    assert found[-1] == expected[-1]
    assert found == expected


@pytest.mark.parametrize("language", ["C"])
def test_it_writes_in_the_same_language(tmp_path: Path, language: str) -> None:
    expected = looked(real, tmp_path, PLAIN, LANG=language)
    assert looked(forked, tmp_path, PLAIN, LANG=language) == expected


@pytest.mark.parametrize("how", ["exit", "error"])
def test_it_ends_as_a_real_one(tmp_path: Path, how: str) -> None:
    for start in (real, forked):
        code, _, told, _ = looked(start, tmp_path, PLAIN, ENDS=how)
        assert code == preloaded_probe.ENDS[how]
        assert ("ValueError: error" in told) == (how == "error")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL])
def test_signals_reach_it_and_end_it(tmp_path: Path, number: int) -> None:
    codes = []
    for start in (real, forked):
        given = variables(SEEN=str(tmp_path / "seen"), ENDS="signal", PYTHONUNBUFFERED="1")
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = start(tmp_path, given, PLAIN, **pipes)
        assert process.stdout.readline() == "said\n"
        process.send_signal(signal.SIGSTOP)
        assert os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        process.send_signal(signal.SIGCONT)
        process.send_signal(number)
        process.communicate()
        codes.append(process.returncode)
    assert codes[0] == codes[1] == -number


def test_no_run_leaves_anything_for_the_next(tmp_path: Path) -> None:
    first = looked(forked, tmp_path, PLAIN, LEFT="behind", TZ="Asia/Tokyo")
    second = looked(forked, tmp_path, PLAIN)
    assert first[-1]["variables"]["LEFT"] == "behind"
    assert second == looked(real, tmp_path, PLAIN)

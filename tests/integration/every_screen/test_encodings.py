"""Every command writes only characters that the encodings of stdout and stderr have."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from provision.cli import main
from tests.integration.every_screen.complete import ROWS, configuration
from tests.integration.every_screen.world import (
    HOSTILE,
    Account,
    at_a_wide_screen,
    refusing,
    without_wheels,
)
from tests.support.sample_stack import ROOT


class Terminal(io.TextIOWrapper):
    """A stream that refuses characters its encoding lacks, as Python's do."""

    def __init__(self, encoding: str) -> None:
        self.bytes = io.BytesIO()
        super().__init__(self.bytes, encoding=encoding, errors="strict", newline="\n")

    def read_back(self) -> str:
        self.flush()
        return self.bytes.getvalue().decode(self.encoding)


@pytest.fixture
def here(
    account: None,
    fast: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Account:
    at_a_wide_screen(monkeypatch, tmp_path)
    without_wheels(monkeypatch, tmp_path / "zips")
    return Account(tmp_path, capsys)


def run(monkeypatch: pytest.MonkeyPatch, encoding: str, *words: str) -> tuple[int, str]:
    """Return the exit code, and stdout and stderr as they are read there."""
    out, err = Terminal(encoding), Terminal(encoding)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        with pytest.raises(SystemExit) as ended:
            main(list(words))
    text = out.read_back() + err.read_back()
    assert out.errors == err.errors != "strict"  # for other programs' output
    assert "unexpected" not in text, text
    assert "Traceback" not in text, text
    return int(ended.value.code or 0), text


def test_a_life_in_ascii(here: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same holds for cp1252, which has some of our signs and lacks others."""
    settings = configuration(ROWS[0])
    settings["functions"]["items"]["environment"] = {"NAME": "Łódź →"}
    here.furnish(settings)
    code, plan = run(monkeypatch, "ascii", "-v", "plan")
    assert code == 0
    assert "+-- Network" in plan
    assert "NAME: \\u0141\\xf3d\\u017a ->" in plan
    with refusing("CreateFunction", monkeypatch):
        code, half = run(monkeypatch, "cp1252", "up", "--yes")
    assert code == 9
    assert "x function.items" in half
    assert "-> " in half
    code, made = run(monkeypatch, "ascii", "up", "--yes")
    assert code == 0
    assert "+ created function.items" in made
    for encoding in ("ascii", "cp1252"):
        code, status = run(monkeypatch, encoding, "status")
        assert code == 0
        assert "tap-dev" in status
        assert "+" in status
        assert run(monkeypatch, encoding, "keys", "rotate", "default")[0] == 0
        assert run(monkeypatch, encoding, "push")[0] == 0
        assert run(monkeypatch, encoding, "outputs")[0] == 0
    assert run(monkeypatch, "ascii", "down", "--yes", "--destroy-data")[0] == 0
    for words in ((HOSTILE,), ("outputs", "Łódź"), ("plan", "--Łódź"), ("--help",), ("up", "-h")):
        run(monkeypatch, "ascii", *words)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_process_of_its_own(tmp_path: Path, encoding: str) -> None:
    """The same holds before the command line is parsed, and after a word that is no text."""
    (tmp_path / "config.yaml").write_text("name: [Łódź, →]\nŁódź: ✓\n", "utf-8")
    for words in (["config", "check"], ["--help"], [b"\xff\xfe"], ["config", "check", b"\xff"]):
        done = subprocess.run(
            [sys.executable, "-m", "provision", *words],
            cwd=tmp_path,
            env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=False,
        )
        text = (done.stdout + done.stderr).decode(encoding)
        assert "Traceback" not in text
        assert done.returncode in {0, 2, 3}
        assert text

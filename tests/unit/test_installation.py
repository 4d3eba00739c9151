"""Hints that install something fit how this was installed, and name no foreign package."""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from provision import installation
from provision.installation import DISTRIBUTION
from provision.packaging.requirements import compile_command
from tests.support.sample_stack import ROOT

PIP = shlex.join([sys.executable, "-m", "pip", "install"])
UP_TO_DATE = "bring {} up to date (`git -C {} pull`), then: `" + PIP + " --upgrade"
METADATA = f"""\
Metadata-Version: 2.4
Name: {DISTRIBUTION}
Version: 0.1.0
Requires-Dist: boto3>=1.43.106
Requires-Dist: uv>=0.5
Requires-Dist: tzdata; sys_platform == "win32"
Provides-Extra: local
Requires-Dist: ministack==9.8.7; extra == "local"
Provides-Extra: test
Requires-Dist: pytest>=9.0; extra == 'test'
"""
Install = Callable[[dict[str, Any] | None], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Replace the first installation that Python finds by one of this origin; None is an index."""

    def make(origin: dict[str, Any] | None) -> None:
        folder = tmp_path / f"{DISTRIBUTION.replace('-', '_')}-0.1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(METADATA)
        if origin is not None:
            (folder / "direct_url.json").write_text(json.dumps(origin))
        monkeypatch.syspath_prepend(str(tmp_path))

    return make


@pytest.fixture
def lacking(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return a set of modules; those a test adds seem not installed."""
    names: set[str] = set()
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in names else find(name)
    )
    return names


@pytest.mark.parametrize(
    "origin",
    [
        None,
        {"url": "file:///home/me/shop", "dir_info": {"editable": True}},
        {"url": "file:///tmp/a.whl", "archive_info": {}},
    ],
    ids=["index", "clone", "wheel"],
)
def test_the_emulator_is_what_our_own_metadata_asks_for(
    install: Install, origin: dict[str, Any] | None
) -> None:
    install(origin)
    assert installation.emulator_command() == f"{PIP} ministack==9.8.7 'boto3>=1.43.106'"
    assert installation.repair_command("uv") == f"{PIP} --force-reinstall 'uv>=0.5'"


def test_where_there_is_no_pip_uv_installs(install: Install, lacking: set[str]) -> None:
    install(None)
    lacking.add("pip")
    python = shlex.quote(sys.executable)
    asked = "ministack==9.8.7 'boto3>=1.43.106'"
    expected = f"{python} -m uv pip install --python {python} {asked}"
    assert installation.emulator_command() == expected


@pytest.mark.parametrize(
    ("origin", "hint"),
    [
        (None, f"`{PIP} --upgrade {DISTRIBUTION}`"),
        (
            {
                "url": "https://git.example.com/ops/p.git",
                "vcs_info": {"vcs": "git", "requested_revision": "v1", "commit_id": "0" * 40},
            },
            f"`{PIP} --upgrade '{DISTRIBUTION} @ git+https://git.example.com/ops/p.git@v1'`",
        ),
        (
            {"url": "file:///tmp/my%20wheels/a.whl", "archive_info": {}},
            "install a newer one than /tmp/my wheels/a.whl",
        ),
        (
            {"url": "file:///srv/tool", "dir_info": {"editable": True}},
            f"{UP_TO_DATE.format('/srv/tool', '/srv/tool')} --editable /srv/tool`",
        ),
        (
            {"url": "file:///srv/my%20tool", "dir_info": {}},
            UP_TO_DATE.format("/srv/my tool", "'/srv/my tool'") + " '/srv/my tool'`",
        ),
    ],
    ids=["index", "repository", "wheel", "clone", "folder"],
)
@pytest.mark.skipif(sys.platform == "win32", reason="paths of another form")
def test_a_newer_one_comes_from_where_this_came(
    install: Install, lacking: set[str], origin: dict[str, Any] | None, hint: str
) -> None:
    install(origin)
    lacking.add("ministack")
    assert installation.upgrade_hint() == hint


def test_whoever_has_the_emulator_keeps_it(install: Install) -> None:
    """The next version may ask for another one."""
    install(None)
    assert installation.upgrade_hint() == f"`{PIP} --upgrade '{DISTRIBUTION}[local]'`"


def test_a_broken_record_of_the_origin_is_harmless(install: Install, tmp_path: Path) -> None:
    install({})
    for text in ("{", "[]"):
        next(tmp_path.glob("*/direct_url.json")).write_text(text)
        assert installation.upgrade_hint().startswith(f"`{PIP} --upgrade ")


def test_sources_that_were_never_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_name: str) -> None:
        raise importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(importlib.metadata, "distribution", none)
    clone = shlex.quote(f"{ROOT}[local]")
    assert installation.emulator_command() == f"{PIP} --editable {clone}"
    assert installation.upgrade_hint().endswith(f"then: `{PIP} --upgrade --editable {clone}`")
    assert installation.repair_command("uv") == f"{PIP} --force-reinstall uv"


def test_uv_is_called_so_that_the_shell_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program may have been called by its path, with its environment not on PATH."""
    (tmp_path / "requirements.in").write_text("")
    monkeypatch.setenv("PATH", os.defpath)
    command = compile_command(tmp_path)
    assert " -m uv pip compile " in command
    shell = ["sh", "-c", f"{command} --offline"]
    done = subprocess.run(shell, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "requirements.txt").is_file()
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    assert compile_command(tmp_path).startswith("uv pip compile ")


def test_no_other_module_words_an_installation_itself() -> None:
    """A name in a text is another publisher's package if ours is not on the index."""
    by_hand = [
        f"{path.relative_to(ROOT)}:{text.lineno}"
        for path in sorted((ROOT / "provision").rglob("*.py"))
        for text in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(text, ast.Constant) and isinstance(text.value, str)
        if re.search(r"\b(pip3?|pipx|uv( tool| pip)?) install\b|\buvx\b|\buv pip\b", text.value)
    ]
    assert by_hand == []


def commands_to_install() -> Iterator[tuple[str, str]]:
    for page in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "Makefile"]):
        for line in page.read_text("utf-8").splitlines():
            for words in re.findall(r"\b(?:pipx?|tool) install ([^`#|)]+)", line):
                yield f"{page.relative_to(ROOT)}: {line.strip()}", words


def test_no_page_installs_the_strangers_package() -> None:
    found = list(commands_to_install())
    strangers = [
        line
        for line, words in found
        if any(re.fullmatch(r"['\"]?provision(\[.*)?['\"]?[,.]?", word) for word in words.split())
    ]
    assert strangers == []

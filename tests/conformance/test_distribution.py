"""The distribution: complete, installed into an empty environment, run outside the clone.

The environment holds only the wheel and, as links to the pinned packages, the distributions that
its metadata asks for. So an import that no requirement covers fails here. The versions that an
index would resolve today are not tried: no network is used.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tarfile
import urllib.request
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from provision import __version__
from provision.installation import DISTRIBUTION
from tests.support.sample_stack import ROOT

STEM = f"{DISTRIBUTION.replace('-', '_')}-{__version__}"
BIN = "Scripts" if sys.platform == "win32" else "bin"
BUILD = "import setuptools.build_meta as b; b.build_{what}({out!r})"


@dataclass(frozen=True)
class Built:
    """A source distribution of the tracked files, unpacked, and the wheel built from it."""

    sdist: Path
    sources: Path
    wheel: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build as a release does: the source distribution first, then the wheel from it."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a clone: nothing says which files belong to it")
    home = tmp_path_factory.mktemp("release")
    tracked, out = home / "tracked", home / "out"
    for name in files_of_git():
        if not name.startswith(("tests/", "bench/")) or name == "tests/integration/test_cli.py":
            (tracked / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tracked / name)
    build("sdist", tracked, out)
    with tarfile.open(out / f"{STEM}.tar.gz") as archive:
        archive.extractall(home, filter="data")
    build("wheel", home / STEM, out)
    return Built(out / f"{STEM}.tar.gz", home / STEM, out / f"{STEM}-py3-none-any.whl")


def build(what: str, folder: Path, out: Path) -> None:
    """Build in this environment, whose build tools are pinned: nothing is downloaded."""
    command = [sys.executable, "-c", BUILD.format(what=what, out=str(out))]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr


def files_of_git(*paths: str) -> list[str]:
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--", *paths]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()]


def test_wheel_and_source_distribution_hold_every_file_of_the_package(built: Built) -> None:
    package = set(files_of_git("provision"))
    assert "provision/py.typed" in package
    in_wheel = set(zipfile.ZipFile(built.wheel).namelist())
    with tarfile.open(built.sdist) as archive:
        in_sdist = {member.name.removeprefix(f"{STEM}/") for member in archive if member.isfile()}
    assert {name for name in in_wheel if ".dist-info/" not in name} == package
    assert {name for name in in_sdist if name.startswith("provision/")} == package
    assert not [name for name in in_sdist if name.startswith(("tests/", "bench/"))]


def test_the_source_distribution_holds_a_stack_to_begin_from(built: Built) -> None:
    sample = set(files_of_git("config.yaml", "function", "layer", "docs/*.md", "LICENSE"))
    assert "function/app.py" in sample
    missing = {name for name in sample if not (built.sources / name).is_file()}
    assert missing == set()


@dataclass(frozen=True)
class Place:
    """A home outside the clone, and an environment with the wheel."""

    home: Path
    environment: Path
    port: int

    @property
    def program(self) -> Path:
        return self.environment / BIN / "provision"

    @property
    def shop(self) -> Path:
        """Return the folder that README's commands create."""
        return self.home / "shop"

    def run(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        cwd = self.shop if self.shop.exists() else self.home
        done = self._start([str(self.program), *words], cwd)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    def document(self, *words: str) -> Any:
        return json.loads(self.run(*words, "--json").stdout)

    def answer(self, path: str) -> Any:
        """Return the API's answer to a request with the key."""
        outputs = self.document("outputs", "--local")
        value = self.run("outputs", "api_key", "--local").stdout.strip()
        address = f"{outputs['api_endpoint']}{path}"
        request = urllib.request.Request(address, headers={"x-api-key": value})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def shell(self, text: str, *, cwd: Path) -> subprocess.CompletedProcess[str]:
        return self._start(["sh", "-ec", text], cwd)

    def _start(self, command: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
        ours = ("AWS_", "PROVISION_", "PYTHON")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
        own = {
            "HOME": str(self.home),
            "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv")),
            "PATH": f"{self.program.parent}{os.pathsep}{os.defpath}",
            "PROVISION_LOCAL_PORT": str(self.port),
            "COLUMNS": "100",
        }
        return subprocess.run(
            command,
            cwd=cwd,
            env=kept | own,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=200,
        )

    def install(self, asked: Iterable[Requirement]) -> None:
        """Link the distributions that the requirements need from the test environment."""
        inputs = next(self.environment.glob("[lL]ib/**/site-packages"))
        for each in closure(asked):
            for file in each.files or []:
                top = file.parts[0]
                if top == ".." and file.name == "uv":  # its program is not among its modules
                    link(Path(str(file.locate())).resolve(), self.environment / BIN / "uv")
                elif top not in {"..", "__pycache__"} and not top.endswith(".pth"):
                    link(Path(str(each.locate_file(top))), inputs / top)


def link(there: Path, here: Path) -> None:
    if not here.is_symlink():
        here.symlink_to(there)


def closure(asked: Iterable[Requirement]) -> Iterator[importlib.metadata.Distribution]:
    """Yield the distributions that installing these requirements would install, without ours."""
    todo, seen = list(asked), set()
    while todo:
        requirement = todo.pop()
        for extra in ("", *requirement.extras):
            if (requirement.name, extra) in seen:
                continue
            seen.add((requirement.name, extra))
            found = importlib.metadata.distribution(requirement.name)
            assert found.version in requirement.specifier
            todo += required(found.requires or [], extra)
            yield found


def required(lines: Iterable[str], extra: str = "") -> list[Requirement]:
    every = map(Requirement, lines)
    return [r for r in every if r.marker is None or r.marker.evaluate({"extra": extra})]


@pytest.fixture(scope="module")
def place(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    home = tmp_path_factory.mktemp("elsewhere")
    environment = home / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    python = environment / BIN / "python"
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", str(python)]
    command += ["--no-deps", "--offline", "--cache-dir", str(home / "cache"), str(built.wheel)]
    subprocess.run(command, check=True, timeout=60)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = Place(home, environment, port)
    with zipfile.ZipFile(built.wheel) as wheel:
        metadata = wheel.read(f"{STEM}.dist-info/METADATA").decode()
    lines = [line.partition(": ")[2] for line in metadata.splitlines() if "Requires-Dist" in line]
    made.install(required(lines))
    yield made
    made.run("local", "stop")


def test_help_and_version(place: Place) -> None:
    assert f"provision, version {__version__}" in place.run("--version").stdout
    assert "Make AWS match config.yaml." in place.run("--help").stdout


@pytest.mark.parametrize("template", ["items", "minimal"])
def test_a_project_begins_from_the_wheel_alone(place: Place, template: str) -> None:
    """Compiled files are not copied, nor are files of the clone."""
    files = place.document("init", template, "--template", template)["files"]
    ours = ROOT / "provision" / "templates"
    paths = [f"provision/templates/{folder}" for folder in ("common", template)]
    known = {Path(name).relative_to(ours.relative_to(ROOT)) for name in files_of_git(*paths)}
    expected = {str(Path(*name.parts[1:])).replace("gita", ".gita") for name in known}
    expected = {name.replace("gitignore", ".gitignore") for name in expected}
    assert set(files) == expected
    config = f"{template}/config.yaml"
    assert f"stack {template}-dev" in place.run("config", "check", "--config", config).stderr
    schema = json.loads(place.run("config", "schema").stdout)
    written = place.home / template / ".provision" / "config.schema.json"
    assert json.loads(written.read_text()) == schema
    assert schema["properties"]["functions"]


@pytest.mark.emulator
def test_the_readme_from_an_empty_folder_to_an_answer(place: Place) -> None:
    """The packages that the hint about the emulator installs are enough for README's commands."""
    place.run("init", "first", "--template", "minimal")
    missing = place.run("up", "--local", "--yes", "--config", "first/config.yaml", code=1)
    told, _, hint = missing.stderr.strip().partition("\n  → ")
    assert told == "Error: the embedded emulator is not installed [emulator-missing]"
    words = shlex.split(hint.strip("`"))
    python = str(place.environment / BIN / "python")
    assert words[:6] == [python, "-m", "uv", "pip", "install", "--python"]  # no pip is there
    place.install(map(Requirement, words[7:]))

    (begin,) = [block for block in readme_blocks() if "provision init ~/shop" in block]
    done = place.shell(begin, cwd=place.home)
    assert done.returncode == 0, done.stderr
    assert re.search(r"\d+ as wanted", done.stdout)
    assert place.answer("/items")["items"] == []
    place.run("down", "--local", "--yes", "--destroy-data")
    assert place.run("outputs", "--local", code=1).stdout == ""
    place.run("local", "stop")


@pytest.mark.emulator
def test_the_minimal_project_answers_and_goes(place: Place) -> None:
    """The commands are those of its own README, one of which calls it."""
    folder = place.home / "greeter"
    place.run("init", str(folder), "--template", "minimal")
    text = (folder / "README.md").read_text("utf-8")
    (call,) = [line for line in text.splitlines() if line.startswith("curl ")]
    for line, said in (
        ("provision up --local --yes", "api_endpoint: http"),
        (call, '{"message": "Hello, Ada."}'),
        ("provision down --local --yes", ""),
        ("provision local stop", ""),
    ):
        done = place.shell(line, cwd=folder)
        assert done.returncode == 0, done.stderr
        assert said in done.stdout


def readme_blocks() -> list[str]:
    text = (ROOT / "README.md").read_text("utf-8")
    return re.findall(r"^```\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)

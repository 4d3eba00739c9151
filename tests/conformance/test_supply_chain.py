"""Packages to run and test this tool are pinned by hash, have a free licence, and are wheels.

None is built on this machine.
"""

from __future__ import annotations

import configparser
import importlib.metadata
import io
import os
import re
import subprocess
import sysconfig
import tarfile
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import uv
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from provision.installation import DISTRIBUTION
from provision.packaging.cache import Cache
from provision.packaging.installer import WheelInstallFailed
from provision.packaging.layers import build_layer
from tests.support.sample_stack import ROOT
from tests.unit.packaging.test_archive import write

PINS = sorted((ROOT / "requirements").glob("*.txt"))
PINS_TO_RUN = ROOT / "requirements" / "local.txt"
LAYER = ROOT / "layer" / "requirements.txt"
OURS = {DISTRIBUTION}
FROM_PYTHON = {"pip", "setuptools"}
"""Packages that `python -m venv` installs."""
ALLOWED = (
    "apache",
    "bsd",
    "cnri-python",
    "dual license",  # python-dateutil: Apache or BSD
    "isc",
    "mit",
    "mozilla public license 2.0",
    "mpl-2.0",
    "psf",
    "python software foundation",
)
"""Beginnings of licences under which all may use, change and distribute.

The Mozilla one requires that changes to its own files are published.
"""
ONLY_TESTED_WITH = {"pyte": "GNU Lesser General Public License v3 (LGPLv3)"}
"""Used by tests alone, unchanged: no part of the distribution, a layer or `make up`."""


def pinned(path: Path) -> dict[str, set[Version]]:
    """Return name → versions; several if they differ by Python."""
    found: dict[str, set[Version]] = {}
    pin = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)
    for name, version in pin.findall(path.read_text()):
        found.setdefault(canonicalize_name(name), set()).add(Version(version))
    return found


@pytest.mark.parametrize("path", [*PINS, LAYER], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_pin_has_a_hash_and_no_address(path: Path) -> None:
    text = path.read_text()
    entries = re.split(r"\n(?=[A-Za-z0-9])", text)
    pins = [entry for entry in entries if "==" in entry.partition("\n")[0]]
    assert len(pins) > 5
    assert [entry for entry in pins if "--hash=sha256:" not in entry] == []
    assert "://" not in text


@pytest.mark.parametrize("extra", ["local", "test"])
def test_the_pins_are_of_what_setup_cfg_asks_for(extra: str) -> None:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    asked = settings["options"]["install_requires"] + settings["options.extras_require"][extra]
    found = pinned(ROOT / "requirements" / f"{extra}.txt")
    wrong = []
    for requirement in map(Requirement, asked.strip().splitlines()):
        versions = found.get(canonicalize_name(requirement.name), set())
        fit = [version for version in versions if version in requirement.specifier]
        if requirement.name not in OURS and not fit:
            wrong.append(str(requirement))
    assert wrong == [], "run: make pins"


@pytest.mark.parametrize("other", [PINS_TO_RUN, LAYER], ids=["running", "layer"])
def test_what_is_in_two_places_has_one_version(other: Path) -> None:
    """All go into one environment, and the function is tested with its packages in AWS."""
    testing = pinned(ROOT / "requirements" / "test.txt")
    differ = {name for name, found in pinned(other).items() if testing.get(name, found) != found}
    assert differ == set()


def installed() -> Iterable[importlib.metadata.Distribution]:
    """Return the environment's own: an imported setuptools adds its copies to `sys.path`."""
    places = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    return importlib.metadata.distributions(path=sorted(places))


def test_nothing_is_installed_that_is_not_pinned() -> None:
    known = {**pinned(LAYER), **pinned(ROOT / "requirements" / "test.txt")}
    stray = {
        name
        for each in installed()
        if (name := canonicalize_name(each.name)) not in OURS | FROM_PYTHON
        and Version(each.version) not in known.get(name, set())
    }
    assert stray == set(), "remove .venv, then: make test"


def test_every_licence_is_one_that_allows_it() -> None:
    others = {
        each.name: words
        for each in installed()
        if not (words := licence(each)) or not all(map(allowed, parts(words)))
    }
    assert {
        name: words for name, words in others.items() if ONLY_TESTED_WITH.get(name) != words
    } == {}
    for pins in (PINS_TO_RUN, LAYER):
        assert not pinned(pins).keys() & ONLY_TESTED_WITH.keys()


def licence(distribution: importlib.metadata.Distribution) -> str:
    """Return its own words: the expression, else the classifiers, else the text's first line."""
    about: Any = distribution.metadata
    if expression := about.get("License-Expression"):
        return str(expression)
    classes = [each for each in about.get_all("Classifier") or [] if each.startswith("License ::")]
    if classes:
        return " OR ".join(each.rpartition("::")[2].strip() for each in classes)
    return str(about.get("License") or "").partition("\n")[0]


def parts(words: str) -> list[str]:
    return [part.strip("() ").lower() for part in re.split(r" (?:AND|OR) ", words)]


def allowed(words: str) -> bool:
    return words.removeprefix("the ").startswith(ALLOWED)


@pytest.mark.parametrize("words", ["GPL-3.0-or-later", "Proprietary", "MIT AND AGPL-3.0"])
def test_another_licence_would_be_seen(words: str) -> None:
    assert not all(map(allowed, parts(words)))


BACKEND = """\
import pathlib
pathlib.Path({marker!r}).write_text("ran")
"""
BUILT_BY = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


def test_no_code_of_a_source_distribution_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Building a layer takes wheels only: a package that is built could run anything here."""
    marker = tmp_path / "marker"
    package = _source_distribution(tmp_path / "packages", BACKEND.format(marker=str(marker)))
    for name, value in {
        "UV_NO_INDEX": "1",
        "UV_FIND_LINKS": str(package.parent),
        "UV_CACHE_DIR": str(tmp_path / "uv"),
    }.items():
        monkeypatch.setenv(name, value)
    digest = sha256(package.read_bytes()).hexdigest()
    source = write(
        tmp_path / "layer", {"requirements.txt": f"planted==1.0 --hash=sha256:{digest}\n"}
    )
    with pytest.raises(WheelInstallFailed, match="planted"):
        build_layer(source, runtime="local", architecture="", cache=Cache(tmp_path / "cache"))
    assert not marker.exists()

    command = [uv.find_uv_bin(), "pip", "install", "--no-index", "--target", str(tmp_path / "x")]
    command.append("planted")
    subprocess.run(command, env=os.environ, capture_output=True, check=False)
    assert marker.exists(), "it would have run: the trap works"


def _source_distribution(folder: Path, backend: str) -> Path:
    folder.mkdir()
    made = folder / "planted-1.0.tar.gz"
    files = {
        "PKG-INFO": "Metadata-Version: 2.1\nName: planted\nVersion: 1.0\n",
        "pyproject.toml": BUILT_BY + '[project]\nname = "planted"\nversion = "1.0"\n',
        "backend.py": backend,
    }
    with tarfile.open(made, "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"planted-1.0/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return made

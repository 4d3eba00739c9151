"""The templates are this repository's own files, valid, small, and pass their own tests."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest
import yaml

from provision.cli.init import TEMPLATES as OFFERED
from provision.config import load
from provision.config.checks import check
from provision.config.checks.regions import known_regions
from provision.config.schema.root import Config
from provision.config.schema.types import NAME
from provision.preflight import check_requests
from provision.workflows import new_project
from provision.workflows.project_files import (
    LONGEST_NAME,
    TEMPLATES,
    Project,
    name_from,
    same_name,
)
from tests.support.sample_stack import ROOT


def write_project(folder: Path, project: Project) -> Config:
    return new_project.write_project(
        folder,
        project.files(),
        force=False,
        check=lambda whole: load(whole / "config.yaml", environment=None),
        hold=lambda: None,
    ).config


COPY = (
    "copy it: the files of function/ and layer/, and config.yaml, are those of the template items"
)


def test_the_template_items_is_this_repository_s_own_project() -> None:
    files = Project("tap", None, "items").files()
    ours = {
        path.relative_to(ROOT).as_posix(): path.read_bytes()
        for pattern in ("config.yaml", "function/*.py", "layer/requirements.*")
        for path in ROOT.glob(pattern)
    }
    line, _, config = files["config.yaml"].partition(b"\n")
    found = {path: text for path, text in files.items() if path.startswith(("function/", "layer/"))}
    assert {**found, "config.yaml": config} == ours, COPY
    assert line == b"# yaml-language-server: $schema=.provision/config.schema.json"


def test_what_installers_compile_is_no_part_of_a_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = Project("shop", None, "items").files()
    shutil.copytree(ROOT / "provision" / "templates", tmp_path / "templates")
    for folder in ("common/function", "items/tests"):
        made = tmp_path / "templates" / folder / "__pycache__"
        made.mkdir(exist_ok=True)
        (made / "app.cpython-313.pyc").write_bytes(b"")
    monkeypatch.setattr(resources, "files", lambda _: tmp_path)
    assert Project("shop", None, "items").files() == expected


def test_the_command_line_offers_every_template() -> None:
    assert tuple(TEMPLATES) == OFFERED


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_project_has_its_parts(template: str) -> None:
    files = Project("shop", "eu-west-1", template).files()
    assert {path.partition("/")[0] for path in files} >= {
        *(".gitattributes", ".gitignore", "README.md", "config.yaml", "events", "function", "tests")
    }
    assert list(files)[-1] == "config.yaml"
    assert {b".provision/", b".provision-init-*/"} <= set(files[".gitignore"].splitlines())
    assert files["README.md"].startswith(b"# shop\n")
    assert len(re.findall(rb"^\| `provision ", files["README.md"], re.MULTILINE)) == 5
    config = files["config.yaml"].decode()
    assert re.search(r"^name: shop +# every", config, re.MULTILINE)
    assert re.search(r"^region: eu-west-1 +# --region", config, re.MULTILINE)
    columns = {line.index("#") for line in config.splitlines() if re.match("(name|region): ", line)}
    assert len(columns) == 1, "comments keep their column"


def test_minimal_is_minimal() -> None:
    files = Project("shop", None, "minimal").files()
    config = yaml.safe_load(files["config.yaml"])
    assert list(config["functions"]) == ["hello"]
    assert list(config["api"]["routes"]) == ["GET /hello"]
    assert not {"tables", "layers"} & set(config)
    assert len(files["function/app.py"].splitlines()) <= 20
    code = b"".join(text for path, text in files.items() if path.startswith("function/"))
    assert b"powertools" not in code.replace(b"POWERTOOLS_PARAMETERS_MAX_AGE", b"").lower()


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_longest_name_and_region_are_within_the_limits_of_aws(
    template: str, tmp_path: Path
) -> None:
    region = max(known_regions(), key=len)
    write_project(tmp_path, Project("a" * LONGEST_NAME, region, template))
    for environment in (None, "local", "prod"):
        load(
            tmp_path / "config.yaml",
            environment=environment,
            check=check,
            check_requests=check_requests,
        )


@pytest.mark.parametrize("template", TEMPLATES)
def test_its_own_test_passes_and_fails_with_the_function_broken(
    template: str, tmp_path: Path
) -> None:
    write_project(tmp_path, Project("shop", None, template))

    def tested() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "unittest", "discover", "tests"]
        return subprocess.run(
            command, cwd=tmp_path, env={}, capture_output=True, text=True, check=False
        )

    assert tested().returncode == 0, tested().stderr
    app = tmp_path / "function" / "app.py"
    app.write_text(app.read_text().replace("def handler(", "def handler(nothing, "))
    assert tested().returncode == 1


@pytest.mark.parametrize("template", TEMPLATES)
def test_events_are_requests_of_its_routes(template: str) -> None:
    files = Project("shop", None, template).files()
    routes = yaml.safe_load(files["config.yaml"])["api"]["routes"]
    for path, text in files.items():
        if path.startswith("events/"):
            event = json.loads(text)
            assert f"{event['httpMethod']} {event['resource']}" in routes


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("shop", "shop"),
        ("My Shop", "my-shop"),
        ("Käse & Brot", "kase-brot"),
        ("2026-shop-", "shop"),
        ("Straße", "strasse"),
        ("a__b", "a--b"),
        ("--", "app"),
        ("店", "app"),
        ("", "app"),
        ("a" * 31 + "-b", "a" * 31),
        ("x" * 300, "x" * 32),
        ("a\nb\x1b[31m", "a-b-31m"),
    ],
)
def test_the_name_of_any_folder_becomes_one_of_a_stack(folder: str, name: str) -> None:
    assert name_from(folder) == name
    assert re.fullmatch(NAME, name)


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("shop", "shop"),
        ("My Shop_2", "my-shop-2"),
        ("Käse", "kase"),
        ("Ka\u0308se", "kase"),
        ("STRASSE", "strasse"),
        ("Straẞe", "strasse"),
        ("ﬁsh", "fish"),
        ("x" * LONGEST_NAME, "x" * LONGEST_NAME),
        ("x" * (LONGEST_NAME + 1), None),
        ("2026-shop", None),
        ("店", None),
        ("shop店", None),
        ("smørrebrød", None),
        ("Käse & Brot", None),
        ("my.shop", None),
        ("shop-", None),
        ("_shop", None),
        ("shop\n", None),
        ("-", None),
        ("", None),
    ],
)
def test_a_folder_gives_its_name_unless_more_would_have_to_change(
    folder: str, name: str | None
) -> None:
    assert same_name(folder) == name
    if name:
        assert name_from(folder) == name


@pytest.mark.parametrize(
    ("name", "written"),
    [(each, f'"{each}"') for each in ("true", "false", "null", "yes", "on", "off", "42", "1e1")]
    + [("shop", "shop"), ("nulls", "nulls")],
)
def test_a_name_is_text_in_config_yaml(name: str, written: str) -> None:
    config = Project(name, None, "minimal").files()["config.yaml"].decode()
    assert f"\nname: {written} " in config
    assert yaml.safe_load(config)["name"] == name
    assert config.splitlines()[4].index("#") == config.splitlines()[5].index("#")


@pytest.mark.parametrize("name", ["true", "false", "null", "no"])
def test_a_name_that_yaml_reads_as_something_else_is_valid(tmp_path: Path, name: str) -> None:
    assert write_project(tmp_path, Project(name, None, "items")).name == name


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_environment_s_comment_is_true(template: str) -> None:
    """`dev` is none of the environments below it."""
    config = Project("shop", None, template).files()["config.yaml"].decode()
    (line,) = re.findall("^environment: .*$", config, re.MULTILINE)
    assert line.partition("# ")[2] == "the one when --env names none; those below differ from it"
    assert "dev" not in yaml.safe_load(config)["environments"]


def test_git_keeps_the_line_ends_of_what_is_deployed() -> None:
    lines = Project("shop", None, "items").files()[".gitattributes"].decode().splitlines()
    assert lines[1:] == [
        f"{path} text=auto eol=lf" for path in ("config.yaml", "function/**", "layer/**")
    ]

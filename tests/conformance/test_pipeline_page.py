"""The lines in docs/security.md for a pipeline that plans pull requests are run unchanged."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import yaml

from tests.integration.test_cli import Provision, home, provision
from tests.support.sample_stack import ROOT

__all__ = ["home", "provision"]

PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
SECTION = PAGE.partition("## A pipeline that plans pull requests")[2].partition("\n## ")[0]
BLOCKS = re.findall(r"^```\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
LINES = [shlex.split(line)[1:] for block in BLOCKS for line in block.splitlines()]


def test_each_line_runs_and_ends_as_it_says(
    account: None, provision: Provision, home: Path
) -> None:
    settings = yaml.safe_load((home / "config.yaml").read_text("utf-8"))
    settings["environments"] = {"prod": {}}
    settings["tables"]["gone"] = {"key": "id", "protect": False}
    write(home, settings)
    assert len(LINES) == 3
    assert [provision(*words).code for words in LINES] == [0, 0, 4]
    assert "tap-prod-us-east-1-plan.json" in {file.name for file in (home / "policies").iterdir()}

    assert provision("up", "--env", "prod", "--confirm", "tap-prod", "--yes").code == 0
    shutil.rmtree(home / ".provision")
    assert provision(*LINES[2]).code == 0
    del settings["tables"]["gone"]
    write(home, settings)
    planned = provision(*LINES[2])
    assert "table.gone" not in planned.out + planned.err
    assert not (home / ".provision").exists()


def write(home: Path, settings: object) -> None:
    (home / "config.yaml").write_text(yaml.safe_dump(settings, sort_keys=False), "utf-8")

"""Text from files, AWS and callers is shown as text on every screen.

It is never markup, and never a character that a terminal or the log of a CI obeys.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.every_screen.complete import ROWS, configuration
from tests.integration.every_screen.world import (
    HOSTILE,
    VISIBLE,
    Account,
    at_a_wide_screen,
    without_wheels,
)
from tests.support.harness import new_aws
from tests.unit.config.test_null import FULL, leaves


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


def written(home: Path, settings: Any) -> None:
    (home / "config.yaml").write_text(yaml.safe_dump(settings, sort_keys=False), "utf-8")


def put_in(settings: Any, way: tuple[str | int, ...], value: Any) -> None:
    for key in way[:-1]:
        settings = settings[key]
    settings[way[-1]] = value


def fresh() -> Any:
    return json.loads(json.dumps(FULL))


def test_hostile_values_and_keys_of_config_yaml(here: Account) -> None:
    """They replace all values at once, and are added as keys to every section."""
    settings = fresh()
    ways = [way for way in leaves(FULL) if isinstance(of(FULL, way), str | int | bool)]
    for way in ways:
        put_in(settings, way, HOSTILE)
    written(here.home, settings)
    told = here.run("config", "check")
    assert told.code == 3
    assert told.err.count(VISIBLE) > 20

    settings = fresh()
    for way in leaves(FULL):
        inner = of(settings, way)
        if isinstance(inner, dict):
            inner[HOSTILE] = HOSTILE
    settings[HOSTILE] = 1
    written(here.home, settings)
    told = here.run("config", "check")
    assert told.code == 3
    assert told.err.count(VISIBLE) > 15
    assert len(told.err.split("\n")) < 60  # a problem, a line


def of(settings: Any, way: tuple[str | int, ...]) -> Any:
    for key in way:
        settings = settings[key]
    return settings


@pytest.mark.parametrize("text", [f"a: [{HOSTILE}", f"'{HOSTILE}", "a: \x1b[2J", "\x9b2J: b"])
def test_what_is_no_yaml(here: Account, text: str) -> None:
    (here.home / "config.yaml").write_bytes(text.encode())
    assert here.run("plan").code == 3


def test_a_stack_with_hostile_values(here: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """They come from config.yaml, from changes in AWS, and from other versions' state."""
    settings = configuration(ROWS[0])
    settings["functions"]["items"]["environment"] = {"NOTE": HOSTILE}
    settings["api"]["models"] = {"Item": {"type": "object", "description": HOSTILE}}
    here.furnish(settings)
    assert "[/items] [bold] :secret:" in here.run("config", "check", "-v").out
    assert "NOTE" in here.run("-v", "plan").out
    assert here.run("up", "--yes").code == 0

    aws, function = new_aws(), "tap-dev-items"
    now = aws.lambda_.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    theirs = {**now, "NOTE": f"theirs {HOSTILE}", f"A{HOSTILE}": "x"}
    aws.lambda_.update_function_configuration(
        FunctionName=function, Description=HOSTILE, Environment={"Variables": theirs}
    )
    aws.logs.tag_log_group(logGroupName=f"/aws/lambda/{function}", tags={HOSTILE[:9]: HOSTILE})
    assert "theirs [/items] [bold] :secret:" in here.run("-v", "plan").out
    monkeypatch.setenv("COLUMNS", "40")  # where lines are wrapped, any word can be the first of one
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for words in (("plan",), ("status",), ("keys", "list"), ("refresh",)):
        assert here.run(*words).code == 0
    assert here.run("down", "--yes", "--destroy-data").code == 0


def test_hostile_words_of_a_caller(here: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    here.furnish(configuration(ROWS[0]))
    for words in (
        ("--config", HOSTILE.replace("/", ""), "plan"),
        ("--env", HOSTILE, "plan"),
        ("--region", HOSTILE, "plan"),
        ("--profile", HOSTILE, "plan"),
        ("plan", "--destroy", HOSTILE),
        ("plan", "--trace", f"nowhere/{HOSTILE}"),
        ("plan", "--out", f"nowhere/{HOSTILE}"),
        ("up", HOSTILE),
        ("up", "--yes", "--confirm", HOSTILE),
        ("up", "--parallel", HOSTILE),
        ("push", HOSTILE),
        ("outputs", HOSTILE),
        ("keys", "rotate", HOSTILE),
        ("keys", "remove", HOSTILE),
        ("policy", "deployer", "--for", HOSTILE),
        (HOSTILE,),
        (f"--{HOSTILE}",),
        ("plan", f"--{HOSTILE}"),
        ("config", HOSTILE),
        ("--debug", "outputs", HOSTILE),
        ("\udcff\udc9b2J",),
    ):
        traced = "--debug" in words
        answer = here.run(*words, traced=traced)
        assert answer.code in {1, 2, 3}, words
        assert "error" in answer.err.lower() or traced
    monkeypatch.setenv("PROVISION_ENV", HOSTILE)
    assert here.run("plan").code in {2, 3}


def test_hostile_files_of_ours(here: Account) -> None:
    """The state's lock, the state and a saved plan contain another party's text."""
    here.furnish(configuration(ROWS[0]))
    here.state.mkdir(parents=True, mode=0o700)
    for state in (
        {"schema": 1, "stack": HOSTILE},
        {"schema": 1, "stack": "tap-dev", "account": HOSTILE, "region": HOSTILE, "records": {}},
        {"schema": 1, "stack": "tap-dev", "account": None, "records": {HOSTILE: {"kind": HOSTILE}}},
    ):
        (here.state / "state.json").write_text(json.dumps(state))
        assert here.run("plan").code in {1, 7}
    (here.state / "state.json").unlink()
    assert here.run("plan", "--out", "plan.json").code == 0
    saved = json.loads((here.home / "plan.json").read_text())
    for key in ("tool", "stack", "environment", "account", "adopt"):
        changed = saved | {key: [HOSTILE] if key == "adopt" else HOSTILE}
        changed["nodes"] = {**saved["nodes"], HOSTILE: saved["nodes"]["api"]}
        (here.home / "plan.json").write_text(json.dumps(changed))
        assert here.run("up", "plan.json").code in {1, 2, 7}, key
    (here.home / HOSTILE.replace("/", "")).write_text("{}")
    assert here.run("up", HOSTILE.replace("/", "")).code in {1, 2}


def test_the_holder_of_a_lock(here: Account) -> None:
    here.furnish(configuration(ROWS[0]))
    here.state.mkdir(parents=True, mode=0o700)
    from filelock import FileLock

    told = dict.fromkeys(("user", "host", "since", "command"), HOSTILE) | {"pid": os.getpid()}
    with FileLock(here.state / "lock"):
        (here.state / "lock.json").write_text(json.dumps(told))
        locked = here.run("up", "--yes")
    assert locked.code == 6
    assert VISIBLE in locked.err

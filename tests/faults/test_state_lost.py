"""The state is disposable: every command, with it deleted, torn, older than AWS, or newer."""

from __future__ import annotations

import json
import os
import random
import secrets
import shutil
from collections.abc import Callable
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from provision.model.step import FieldRole, Step, fields_with
from provision.state.record import to_json
from provision.steps import KINDS
from provision.unknown import UNKNOWN
from tests.integration.test_cli import CONFIG, Answer, Provision, home, provision

__all__ = ["home", "provision"]

COMMANDS = {
    "plan": ("plan", "--json"),
    "up": ("up", "--yes", "--json"),
    "push": ("push", "--json"),
    "status": ("status", "--json"),
    "outputs": ("outputs", "--json"),
    "keys": ("keys", "list", "--json"),
    "refresh": ("refresh", "--json"),
    "down": ("down", "--yes", "--destroy-data", "--json"),
}
CHANGED = {"tables": {"items": {"key": "id", "read": {"min": 7}}, "more": {"key": "id"}}}


def deleted(state: Path, older: Path) -> None:
    shutil.rmtree(state)


def torn(state: Path, older: Path) -> None:
    """Leave the files of an interrupted snapshot, and half of the log's last line."""
    records = json.loads((state / "state.json").read_text())["records"]
    lines = [json.dumps([node, record]) for node, record in sorted(records.items())]
    (state / "state.json").unlink()
    (state / "state.json.new").write_text('{"schema": 1, "stack": "tap')
    (state / "journal.jsonl").write_text(
        "\n".join(lines[: len(lines) // 2]) + "\n" + lines[-1][:40]
    )


def halved(state: Path, older: Path) -> None:
    """Cut the state in half, as an edit, a full disk or an interrupted copy may."""
    whole = (state / "state.json").read_text()
    (state / "state.json").write_text(whole[: len(whole) // 2])


def put_back(state: Path, older: Path) -> None:
    shutil.rmtree(state)
    shutil.copytree(older, state)


def change(home: Path, provision: Provision) -> None:
    (home / "config.yaml").write_text(yaml.safe_dump(CONFIG | CHANGED, sort_keys=False))
    assert provision("up", "--yes").code == 0


def remove(home: Path, provision: Provision) -> None:
    assert provision("down", "--yes", "--destroy-data").code == 0


def nothing(home: Path, provision: Provision) -> None:
    """Leave AWS as it is."""


STATES: dict[str, tuple[Callable[[Path, Provision], None], Callable[[Path, Path], None]]] = {
    "deleted": (nothing, deleted),
    "torn": (nothing, torn),
    "halved": (nothing, halved),
    "older": (change, put_back),
    "newer": (remove, put_back),
}


def expected(command: str, state: str) -> set[int]:
    """Return the exit codes: `push` needs the state that `up` recorded.

    Every command except `refresh` refuses a state that cannot be read, and names `refresh`.
    """
    if state == "halved":
        return {0} if command == "refresh" else {1}
    return {1} if command == "push" and state in {"deleted", "torn", "newer"} else {0}


EVERY = [(command, state) for command in COMMANDS for state in STATES]
"""All pairs; the suite has a sample, `make state-lost` all."""
RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", secrets.token_hex(8))
"""The same in all workers of a run, which must choose the same tests."""
SEED = int(os.environ.get("STATE_LOST_SEED", str(int(RUN, 16) % 1_000_000)))


def sample(seed: int) -> list[tuple[str, str]]:
    """Return each state with `up` or `down`, which write most, and each other command with any.

    `up` and `down` have two states at least.
    """
    dice = random.Random(seed)
    writers = dice.sample(["up", "up", "down", "down", dice.choice(["up", "down"])], len(STATES))
    others = [command for command in COMMANDS if command not in writers]
    chosen = {*zip(writers, STATES, strict=True)} | {
        (one, dice.choice([*STATES])) for one in others
    }
    return [cell for cell in EVERY if cell in chosen]


CELLS = EVERY if os.environ.get("STATE_LOST_ALL") else sample(SEED)


@pytest.mark.parametrize("seed", [SEED, *range(20)])
def test_a_sample_has_every_command_and_every_state(seed: int) -> None:
    cells = sample(seed)
    assert cells == sample(seed), "in every worker"
    assert {command for command, _ in cells} == {*COMMANDS}
    assert {state for command, state in cells if command in {"up", "down"}} == {*STATES}
    assert len(cells) == len(STATES) + len(COMMANDS) - 2


@pytest.mark.parametrize(("command", "state"), CELLS)
def test_every_command_without_the_state_it_wrote(
    account: None, home: Path, provision: Provision, tmp_path: Path, command: str, state: str
) -> None:
    directory, older = home / ".provision" / "dev", tmp_path / "older"
    assert provision("up", "--yes").code == 0
    shutil.copytree(directory, older)
    happens, lose = STATES[state]
    happens(home, provision)
    lose(directory, older)

    answer = provision(*COMMANDS[command])

    assert answer.code in expected(command, state), answer.err
    assert "unexpected" not in answer.err
    document: Any = answer.json
    assert "unexpected" not in json.dumps(document)
    if state == "halved":
        refreshed_over_it(provision, directory, document, command)
        command = "refresh"
    _whole_afterwards(provision, command, state)


def refreshed_over_it(provision: Provision, directory: Path, document: Any, command: str) -> None:
    """Assert that the command in the hint creates the state again, and keeps the damaged file."""
    if command != "refresh":
        assert "refresh` sets it aside" in document["error"]["hint"]
        document = provision("refresh", "--json").json
    (kept,) = document["aside"]
    assert Path(kept["file"]) == directory / "state.json.unreadable-1"
    assert "is not a state file" in kept["reason"]
    assert Path(kept["file"]).read_text().startswith("{")
    assert document["summary"]["recorded"] > 0


def _whole_afterwards(provision: Provision, command: str, state: str) -> None:
    """Assert that nothing is doubled or left behind, after any command in between."""
    if command == "down":
        assert boto3.client("dynamodb").list_tables()["TableNames"] == []
        assert _vpcs() == 0
        return
    if command == "push":  # it may have ended because more than the code must change
        assert provision("up", "--yes").code == 0
    again: Answer = provision("up", "--yes", "--json")
    assert again.code == 0, again.err
    if state != "newer" or command in {"up", "push"}:
        assert again.json["calls"]["write"] == 0
    assert _vpcs() == 1
    assert len(boto3.client("apigateway").get_rest_apis()["items"]) == 1


def _vpcs() -> int:
    every = boto3.client("ec2").describe_vpcs()["Vpcs"]
    return sum(not vpc["IsDefault"] for vpc in every)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: str(kind.KIND))
def test_what_nobody_knows_of_a_step_never_reaches_the_journal(
    kind: type[Step],
) -> None:
    """`down` builds no zip, so its observed steps have Local fields that are unknown."""
    every = {field.name: field for field in fields(kind)}
    names, local = set(every), set(fields_with(kind, FieldRole.LOCAL))
    given: dict[str, Any] = {name: UNKNOWN if name in local else "x" for name in names}
    given |= {"environment": {}} if "environment" in names else {}  # which is read when it is made
    assert to_json(kind(**given)).keys() == names - local
    for name in local:
        default = every[name]
        assert (default.default, default.default_factory) != (MISSING, MISSING), "it is read again"
    for name in names - local:
        with pytest.raises(TypeError):
            to_json(kind(**(given | {name: UNKNOWN})))

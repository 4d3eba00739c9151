"""An environment that config.yaml does not list is never created, planned or removed by mistake."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest
import yaml

from tests.integration.test_cli import CONFIG, Keyboard, Provision, home, provision  # noqa: F401
from tests.integration.test_options import VERBS

ENVIRONMENTS = {"environments": {"prod": {"tables": {"items": {"protect": False}}}, "qa": None}}
NO_CONFIGURATION = {
    ("config", "schema"),
    ("completion",),
    ("explain",),  # only of a node does it read the file: test_explain.py
    ("init",),
    ("skill",),
    ("local", "start"),
    ("local", "stop"),
    ("local", "reset"),
}


@pytest.fixture(autouse=True)
def lists(home: Path) -> None:  # noqa: F811
    (home / "config.yaml").write_text(yaml.safe_dump(CONFIG | ENVIRONMENTS, sort_keys=False))


ASKING = {("up",), ("down",), ("dlq", "redrive"), ("dlq", "purge")}


def line(words: tuple[str, ...]) -> list[str]:
    """Return the command with all required arguments."""
    needed = ["x" for param in VERBS[words].params if param.required]
    needed += ["x"] if words == ("invoke",) else []  # or a route
    yes = ["--yes"] if words in ASKING else []
    return [*words, *needed, *yes]


@pytest.mark.parametrize("words", [w for w in VERBS if w not in NO_CONFIGURATION], ids=" ".join)
def test_a_misspelt_one_is_refused_with_the_nearest_before_anything_is_called(
    provision: Provision,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")  # any call would fail
    told = provision(*line(words), "--env", "pord")
    assert told.code == 2
    assert 'config.yaml has no environment "pord"; did you mean "prod"?' in told.err
    assert f"`provision {' '.join(line(words))} --env pord --new-env`" in told.err
    assert not Path(".provision/pord").exists()
    monkeypatch.setenv("PROVISION_ENV", "pord")
    assert provision(*line(words)).code == 2


def test_those_listed_and_the_files_own_are_known(account: None, provision: Provision) -> None:  # noqa: F811
    for name in ("dev", "prod", "qa", "local"):
        assert provision("config", "check", "--env", name).code == 0
    far = provision("plan", "--env", "zzz")
    assert "it has dev, prod, qa, local" in far.err
    wrong = provision("plan", "--env", "B@d", "--json")
    assert (wrong.code, wrong.json["error"]["exit_code"]) == (3, 3)


def test_a_new_one_is_made_once_by_name_and_then_known(account: None, provision: Provision) -> None:  # noqa: F811
    assert provision("plan", "--env", "pr-7", "--new-env", "--out", "p.json").code == 0
    assert provision("up", "p.json", "--env", "pr-7").code == 2  # a plan has created nothing
    assert provision("up", "--yes", "--env", "pr-7", "--new-env").code == 0
    for words in (["plan", "--check"], ["status", "--check"], ["outputs"], ["keys", "list"]):
        assert provision(*words, "--env", "pr-7").code == 0
    assert provision("push", "--env", "pr-7").code == 0
    assert provision("refresh", "--env", "pr-7").code == 0
    assert provision("config", "check", "--env", "pr-7").code == 0
    assert provision("down", "--yes", "--destroy-data", "--env", "pr-7").code == 0


def test_where_its_state_was_lost_it_can_be_named(
    account: None,
    provision: Provision,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    elsewhere = ("--env", "pr-7", "--state", "elsewhere")
    assert provision("up", "--yes", *elsewhere, "--new-env").code == 0
    assert provision("status", *elsewhere).code == 0
    assert provision("down", "--yes", "--env", "pr-7").code == 2
    monkeypatch.setenv("PROVISION_NEW_ENV", "1")
    assert provision("down", "--yes", "--destroy-data", "--env", "pr-7").code == 0
    assert boto3.client("dynamodb").list_tables()["TableNames"] == []


def test_a_person_is_asked_and_yes_to_another_question_is_no_answer(
    account: None,
    provision: Provision,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", Keyboard("n\n"))
    declined = provision("up", "--env", "pord")
    assert declined.code == 1
    assert 'did you mean "prod"?' in declined.err
    assert "Make a new environment pord?" in declined.err
    assert "Nothing was done." in declined.err
    monkeypatch.setattr("sys.stdin", Keyboard(""))
    assert provision("plan", "--env", "pord").code == 1
    monkeypatch.setattr("sys.stdin", Keyboard("y\n"))
    planned = provision("plan", "--env", "pord")
    assert planned.code == 0
    assert "Plan a new environment pord?" in planned.err
    monkeypatch.setattr("sys.stdin", Keyboard("y\nn\n"))
    assert provision("up", "--env", "pord").code == 1
    for words in (["up", "--yes"], ["plan", "--json"], ["status"], ["down"], ["push"]):
        monkeypatch.setattr("sys.stdin", Keyboard("y\ny\n"))
        assert provision(*words, "--env", "pord").code == 2  # declined: nothing was created
    monkeypatch.setattr("sys.stdin", Keyboard("y\ny\n"))
    assert provision("up", "--env", "pord").code == 0
    assert provision("status", "--env", "pord").code == 0


def test_a_damaged_state_is_told_as_such(account: None, provision: Provision, home: Path) -> None:  # noqa: F811
    state = home / ".provision" / "pord"
    state.mkdir(parents=True)
    for content in ("{", "[]", json.dumps({"schema": 99, "account": "1"})):
        (state / "state.json").write_text(content)
        told = provision("status", "--env", "pord")
        assert "has no environment" not in told.err
        assert told.code == 1

"""The account guard: another account or region is exit 7 before any read, for every command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.exceptions import ClientError, EndpointConnectionError

from provision.aws.call_hooks import CallHooks
from provision.stack.lookups import account_alias
from tests.integration.test_cli import CONFIG, Keyboard, Provision, home, provision  # noqa: F401  (fixtures)
from tests.integration.test_options import VERBS
from tests.support.harness import new_aws
from tests.support.sample_stack import MARK

COMMANDS = (
    ("plan",),
    ("up", "--yes"),
    ("status",),
    ("down", "--yes", "--destroy-data"),
    ("outputs",),
    ("refresh",),
    ("keys", "list"),
    ("keys", "rotate", "default"),
    ("keys", "disable", "abc"),
    ("keys", "enable", "abc"),
    ("keys", "remove", "abc"),
    ("check",),
    ("logs",),
    ("graph", "--live"),
    ("invoke", "items"),
    ("dlq", "list"),
    ("dlq", "peek"),
    ("dlq", "redrive", "--yes"),
    ("dlq", "save", "items", "letters.jsonl"),
    ("dlq", "purge", "items", "--yes"),
)
BY_ITS_FIRST_ANSWER = ("push",)
"""It makes no call for the account's id: tests/integration/push/test_command.py."""
WITHOUT_ACCOUNT = {"completion", "config", "explain", "init", "policy", "skill", "local"}
HERE = ("123456789012", "us-east-1")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return every call to AWS."""
    made: list[str] = []
    before_call = CallHooks.before_call

    def told(self: CallHooks, model: Any, **rest: Any) -> None:
        made.append(model.name)
        before_call(self, model, **rest)

    monkeypatch.setattr(CallHooks, "before_call", told)
    return made


def pin(home: Path, account: str, region: str) -> None:  # noqa: F811
    directory = home / ".provision" / "dev"
    directory.mkdir(parents=True, exist_ok=True)
    state = {"schema": 1, "stack": "tap-dev", "account": account, "region": region, "records": {}}
    (directory / "state.json").write_text(json.dumps(state))


def configure(home: Path, account: str | None) -> None:  # noqa: F811
    (home / "config.yaml").write_text(
        yaml.safe_dump(CONFIG | {"account": account}, sort_keys=False)
    )


def test_every_command_is_tried() -> None:
    tried = {words for words in VERBS if any(line[: len(words)] == words for line in COMMANDS)}
    assert tried == {w for w in VERBS if w[0] not in WITHOUT_ACCOUNT} - {BY_ITS_FIRST_ANSWER}


ELSEWHERE: tuple[tuple[tuple[str, str] | None, str | None, str], ...] = (
    (HERE, "999999999999", "config.yaml requires account 999999999999"),
    (("999999999999", "us-east-1"), None, "lives in account 999999999999, us-east-1"),
    (None, "999999999999", "config.yaml requires account 999999999999"),
    (("999999999999", "us-east-1"), HERE[0], "lives in account 999999999999, us-east-1"),
    ((HERE[0], "eu-west-1"), None, f"lives in account {HERE[0]}, eu-west-1"),
)
"""The pinned location, the value in config.yaml, and the refusal."""


@pytest.mark.parametrize(
    ("words", "pinned", "wanted", "said"),
    [
        *((words, *case) for words in COMMANDS for case in ELSEWHERE[:2]),
        *((("up", "--yes"), *case) for case in ELSEWHERE[2:]),
    ],
)
def test_every_command_is_refused_elsewhere(
    account: None,
    calls: list[str],
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
    words: tuple[str, ...],
    pinned: tuple[str, str] | None,
    wanted: str | None,
    said: str,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configure(home, wanted)
    if pinned:
        pin(home, *pinned)
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    answer = provision(*words)
    assert answer.code == 7
    assert said in answer.err
    assert calls == ["GetCallerIdentity"]
    assert list(cache.iterdir()) == [], "nothing was built either"


@pytest.mark.parametrize(
    ("pinned", "wanted", "said"),
    [
        (HERE, "999999999999", "config.yaml requires account 999999999999"),
        (None, "999999999999", "config.yaml requires account 999999999999"),
        ((HERE[0], "eu-west-1"), None, f"lives in account {HERE[0]}, eu-west-1"),
    ],
)
def test_push_is_refused_elsewhere_too(
    account: None,
    calls: list[str],
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
    pinned: tuple[str, str] | None,
    wanted: str | None,
    said: str,
) -> None:
    configure(home, wanted)
    if pinned:
        pin(home, *pinned)
    answer = provision("push")
    assert (answer.code, said in answer.err) == (7, True), answer.err
    assert set(calls) <= {"GetCallerIdentity"}


def test_only_an_up_that_was_agreed_to_pins(
    account: None,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configure(home, HERE[0])
    file = home / ".provision" / "dev" / "state.json"
    monkeypatch.setattr("sys.stdin", Keyboard("n\n"))
    assert provision("up").code == 1
    assert provision("down", "--yes").code == 0
    assert json.loads(file.read_text())["account"] is None
    monkeypatch.setattr("sys.stdin", Keyboard("y\n"))
    assert provision("up").code == 0
    assert json.loads(file.read_text())["account"] == HERE[0]


@pytest.mark.usefixtures("one_item_a_page")
@pytest.mark.parametrize("verb", ["up", "down"])
def test_the_question_names_account_alias_region_and_stack(
    account: None,
    calls: list[str],
    provision: Provision,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
) -> None:
    boto3.client("iam").create_account_alias(AccountAlias="acme-dev")
    boto3.client("sns").create_topic(
        Name="tap-dev-alarms",
        Tags=[{"Key": "provision:owner", "Value": f"{MARK}/monitoring.topic"}],
    )
    monkeypatch.setattr("sys.stdin", Keyboard("n\n"))
    asked = provision(verb)
    assert asked.code == 1
    line = "This is tap-dev in account 123456789012 (acme-dev), us-east-1."
    assert line in " ".join(asked.err.split())
    assert calls.count("ListAccountAliases") == 2  # an empty page, then the one with the name
    calls.clear()
    provision("plan")
    assert "ListAccountAliases" not in calls, "nobody is asked, so nobody is told"


def denied() -> Exception:
    answer: Any = {"Error": {"Code": "AccessDenied", "Message": "not authorized"}}
    return ClientError(answer, "ListAccountAliases")


@pytest.mark.parametrize(
    "fails", [denied, lambda: EndpointConnectionError(endpoint_url="https://iam")]
)
def test_an_alias_that_cannot_be_asked_for_is_left_out(
    account: None, monkeypatch: pytest.MonkeyPatch, fails: Callable[[], Exception]
) -> None:
    aws = new_aws()

    def refuse() -> None:
        raise fails()

    assert account_alias(aws) == ""
    monkeypatch.setattr(aws.iam, "list_account_aliases", refuse)
    assert account_alias(aws) == ""

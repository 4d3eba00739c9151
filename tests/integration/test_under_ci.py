"""With CI=true no question is asked, even with a terminal: the error names the option to add."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from tests.integration.test_cli import CONFIG, Keyboard, Provision, home, provision

__all__ = ["home", "provision"]  # fixtures

PROFILE = """
[profile base]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = none
[profile mfa]
role_arn = arn:aws:iam::123456789012:role/deployer
source_profile = base
mfa_serial = arn:aws:iam::123456789012:mfa/me
"""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the questions; each is answered with yes."""
    questions: list[str] = []

    def prompt(text: str, **_: Any) -> bool:
        questions.append(text)
        return True

    def code(text: str) -> str:
        questions.append(text)
        raise EOFError  # nothing more is needed of it

    monkeypatch.setattr("sys.stdin", Keyboard("y\n" * 9))
    monkeypatch.setattr("click.prompt", prompt)
    monkeypatch.setattr("getpass.getpass", code)
    return questions


def configure(home: Path, **more: Any) -> None:
    (home / "config.yaml").write_text(yaml.safe_dump(CONFIG | more, sort_keys=False))


@pytest.mark.usefixtures("account")
def test_every_question_about_a_stack(
    provision: Provision, home: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """None is asked, and nothing is done. Without CI the same terminal is asked."""
    configure(home, environments={"prod": {}})
    monkeypatch.setenv("CI", "true")
    new = provision("plan", "--env", "pr-7")
    assert new.code == 2
    assert 'config.yaml has no environment "pr-7"' in new.err
    assert "`provision plan --env pr-7 --new-env`" in new.err
    assert provision("up", "--env", "pr-7").code == 2
    for words in (["up"], ["down"]):
        refused = provision(*words)
        assert refused.code == 2
        assert "and this is no terminal: add --yes" in refused.err
    assert boto3.client("dynamodb").list_tables()["TableNames"] == []

    assert provision("up", "--yes").code == 0
    configure(home, tables={"items": {"key": "other"}})
    assert provision("plan", "--out", "p.json", "--destroy", "table.items").code == 0
    saved = provision("up", "p.json")
    assert saved.code == 2
    assert "--destroy table.items" in saved.err
    key = boto3.client("dynamodb").describe_table(TableName="tap-dev-items")["Table"]["KeySchema"]
    assert [each["AttributeName"] for each in key] == ["id"]
    assert asked == []

    monkeypatch.delenv("CI")
    provision("plan", "--env", "pr-7")
    assert [question[:28] for question in asked] == ["Plan a new environment pr-7?"]


def test_the_one_time_code_of_a_profile(
    provision: Provision, home: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "profiles").write_text(PROFILE)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home / "profiles"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("CI", "true")
    told = provision("plan", "--profile", "mfa")
    assert told.code == 1
    assert "Enter MFA code for arn:aws:iam::123456789012:mfa/me: this cannot be asked" in told.err
    assert "run it in a terminal" in told.err
    assert asked == []
    monkeypatch.delenv("CI")
    provision("plan", "--profile", "mfa")
    assert asked == ["Enter MFA code for arn:aws:iam::123456789012:mfa/me: "]

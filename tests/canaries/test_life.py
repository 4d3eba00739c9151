"""A whole life with secrets planted: what is on disk, on the screen and in the arguments of
processes afterwards holds none of them.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import boto3
import pytest

from provision.cli import main
from tests.test_cli import Answer, Provision, home, provision  # noqa: F401  (fixtures)

ACCESS_KEY = "AKIACANARYCANARYCAN7"
SECRET_KEY = "canary-secret-access-key"
TOKEN = "canary-session-token"


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)


def key_values() -> set[str]:
    keys = boto3.client("apigateway").get_api_keys(includeValues=True)["items"]
    return {key["value"] for key in keys}


def files(home: Path) -> dict[Path, bytes]:  # noqa: F811
    return {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}


def test_nothing_planted_is_found(
    account: None,
    credentials: None,
    home: Path,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[str] = []
    run = subprocess.Popen.__init__

    def told(self: subprocess.Popen[bytes], args: object, *rest: object, **more: object) -> None:
        started.append(str(args))
        run(self, args, *rest, **more)  # type: ignore[call-overload]  # as it came

    monkeypatch.setattr(subprocess.Popen, "__init__", told)
    written: list[bytes] = []
    write = os.write

    def noted(descriptor: int, content: bytes) -> int:
        written.append(content)  # the journal's lines, which are folded when a command ends
        return write(descriptor, content)

    monkeypatch.setattr("provision.journal.os.write", noted)
    planted = {ACCESS_KEY, SECRET_KEY, TOKEN}
    seen: dict[Path, bytes] = {}
    answers: list[Answer] = []
    for words in (
        ("plan", "--out", "first.plan"),
        ("--debug", "-vv", "up", "--yes", "--trace", "up.trace"),
        ("-vv", "status", "--json"),
        ("keys", "rotate", "default"),
        ("-vv", "plan", "--out", "second.plan", "--json"),
        ("keys", "list", "--json"),
        ("outputs", "--json"),
        ("refresh",),
        ("--debug", "outputs", "nothing"),
        ("--debug", "keys", "disable", "nothing"),
        ("-vv", "down", "--yes", "--destroy-data", "--trace", "down.trace"),
    ):
        with pytest.raises(SystemExit) as ended:  # with --debug there are tracebacks
            main(list(words))
        captured = capsys.readouterr()
        answers.append(Answer(int(ended.value.code or 0), captured.out, captured.err))
        planted |= key_values()
        seen |= {path.with_name(f"{path.name} {words[-1]}"): c for path, c in files(home).items()}
    assert len(planted) == 5
    assert written
    assert [a.code for a in answers] == [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0]
    for secret in planted:
        assert [p for p, content in seen.items() if secret.encode() in content] == []
        assert not any(secret.encode() in content for content in written)
        assert not any(secret in answer.out + answer.err for answer in answers)
        assert not any(secret in arguments for arguments in started)


def test_the_value_of_a_key_is_told_to_who_asks(
    account: None,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
) -> None:
    provision("up", "--yes")
    asked = provision("-vv", "outputs", "api_key")
    (value,) = key_values()
    assert asked.out == f"{value}\n"
    assert value not in asked.err
    assert not any(value.encode() in content for content in files(home).values())


def test_the_state_is_its_owners_alone(
    account: None,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
) -> None:
    provision("up", "--yes")
    state = home / ".provision" / "dev"
    assert state.stat().st_mode & 0o777 == 0o700
    modes = {path.name: path.stat().st_mode & 0o777 for path in state.iterdir()}
    assert {"state.json", "journal.jsonl"} <= set(modes)
    assert set(modes.values()) == {0o600}

"""A whole life cycle with planted secrets, and calls refused in the middle of it.

None of the secrets is on disk, on the screen and in pictures of it, in the arguments of processes
or in the function afterwards.
"""

from __future__ import annotations

import os
import subprocess
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
import yaml
from rich.console import Console
from rich.text import Text

from provision.aws.client import Aws
from provision.cli import main
from tests.integration.test_cli import Answer, Provision, home, provision  # noqa: F401  (fixtures)
from tests.support.svg_screens import betrays, drawn

ACCESS_KEY = "AKIACANARYCANARYCAN7"
SECRET_KEY = "canary-eb1c64-8a3f07-59d2b0"
TOKEN = "canary-70cdf1-b95e18-2a46e7"
PARAMETER = "canary-4f8e21-d06bc7-93a7f5"
SECRET = "canary-c2975a-1e4d88-60bf13"
REFERENCES = {"STRIPE_KEY": "ssm:/tap/stripe", "PASSWORD": "secretsmanager:tap/db"}
PLAIN = "canary-a90d2e-77c4f1-1b6e35"
DRIFTED = "canary-5e17b9-c8302d-f64a90"
"""The variable's plain text in config.yaml, and its value after a manual change."""
VARIABLE = "LICENCE_KEY"
REFUSED = ["CreateVpcEndpoint", "PublishVersion", "DeleteAlias"]
"""Operations that AWS refuses once: while secrets are sent, and while they are deleted."""


LIFE = (
    ("plan", "--out", "first.plan"),
    ("--debug", "-vv", "up", "--yes", "--trace", "no-endpoint.trace"),
    ("--debug", "-vv", "up", "--yes", "--trace", "no-version.trace"),
    ("--debug", "-vv", "up", "--yes", "--trace", "up.trace"),
    ("-vv", "status", "--json"),
    ("status",),
    ("outputs",),
    ("keys", "rotate", "default"),
    ("-vv", "plan", "--out", "second.plan", "--json"),
    ("keys", "list", "--json"),
    ("keys", "list"),
    ("-vv", "plan"),
    ("status",),
    ("outputs", "--json"),
    ("refresh",),
    ("--debug", "outputs", "nothing"),
    ("--debug", "keys", "disable", "nothing"),
    ("-vv", "down", "--yes", "--trace", "not-down.trace"),
    ("-vv", "down", "--yes", "--destroy-data", "--trace", "down.trace"),
)


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)


@pytest.fixture
def kept(account: None, home: Path) -> None:  # noqa: F811
    """Store the function's secrets, and refer to them in the configuration."""
    boto3.client("ssm").put_parameter(Name="/tap/stripe", Value=PARAMETER, Type="SecureString")
    boto3.client("secretsmanager").create_secret(Name="tap/db", SecretString=SECRET)
    configure(home, **REFERENCES)


def configure(home: Path, **references: str) -> None:  # noqa: F811
    settings = yaml.safe_load((home / "config.yaml").read_text())
    environment = {name: {"secret": reference} for name, reference in references.items()}
    settings["functions"]["items"]["environment"] = environment | {VARIABLE: PLAIN}
    (home / "config.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return every call sent, as `service.Operation`; those in REFUSED are refused once."""
    names: list[str] = []
    left = list(REFUSED)
    watch = Aws._register_hooks

    def refuse(model: Any, params: Any, **_: Any) -> Any:
        names.append(f"{model.service_model.service_name}.{model.name}")
        if model.name not in left:
            return None
        left.remove(model.name)
        error = {"Code": "AccessDeniedException", "Message": f"not allowed: {model.name}"}
        return SimpleNamespace(status_code=403), {"Error": error}

    def watched(aws: Aws, client: Any) -> None:
        watch(aws, client)
        client.meta.events.register("before-call.*.*", refuse)

    monkeypatch.setattr(Aws, "_register_hooks", watched)
    return names


def key_values() -> set[str]:
    keys = boto3.client("apigateway").get_api_keys(includeValues=True)["items"]
    return {key["value"] for key in keys}


def functions() -> list[str]:
    """Return every function and version, as AWS shows it."""
    client = boto3.client("lambda")
    return [
        str(version)
        for function in client.list_functions()["Functions"]
        for version in client.list_versions_by_function(FunctionName=function["FunctionName"])[
            "Versions"
        ]
    ]


def drift() -> None:
    """Give the variable another value by hand."""
    client = boto3.client("lambda")
    (function,) = client.list_functions()["Functions"]
    variables = function["Environment"]["Variables"] | {VARIABLE: DRIFTED}
    client.update_function_configuration(
        FunctionName=function["FunctionName"], Environment={"Variables": variables}
    )


def plain(terminal: str) -> str:
    return Text.from_ansi(terminal).plain


def files(home: Path) -> dict[Path, bytes]:  # noqa: F811
    return {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}


def test_nothing_planted_is_found(
    account: None,
    credentials: None,
    kept: None,
    called: list[str],
    home: Path,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache := tmp_path_factory.mktemp("cache")))
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

    monkeypatch.setattr("provision.files.os.write", noted)
    monkeypatch.delenv("NO_COLOR", raising=False)
    in_colour = partial(Console, color_system="truecolor")
    monkeypatch.setattr("provision.views.formatting.Console", in_colour)
    for_lambda = {PLAIN, DRIFTED}
    planted = {ACCESS_KEY, SECRET_KEY, TOKEN, PARAMETER, SECRET, *for_lambda}
    seen: dict[Path, bytes] = {}
    answers: list[Answer] = []
    shown: list[str] = []
    pictures: list[str] = []
    for words in LIFE:
        if "second.plan" in words:
            drift()
        with pytest.raises(SystemExit) as ended:  # with --debug there are tracebacks
            main(list(words))
        captured = capsys.readouterr()
        pictures.append(drawn(captured.out + captured.err, title=" ".join(words)))
        answers.append(Answer(int(ended.value.code or 0), *map(plain, captured)))
        planted |= key_values()
        shown += functions()
        found = files(home) | files(cache)
        seen |= {path.with_name(f"{path.name} {words[-1]}"): c for path, c in found.items()}
    assert any(path.is_relative_to(cache) for path in seen)
    assert len(planted) == 9
    assert written
    assert [a.code for a in answers] == [0, 8, 8, *[0] * 12, 1, 1, 8, 0]
    assert betrays(pictures[0], "+ create network.vpc")
    assert betrays(pictures[5], "123456789012")
    assert all(reference in text for text in shown for reference in REFERENCES.values())
    assert {name for name in called if name.startswith(("ssm.", "secretsmanager."))} == set()
    assert any(DRIFTED in text for text in shown)
    drifted = {r["node"]: r["changes"] for r in answers[8].json["resources"] if r["changes"]}
    (changed,) = drifted["function.items"]
    assert (changed["cause"], changed["want"][VARIABLE]) == ("drift", "(masked)")
    assert f"environment.{VARIABLE}: (masked), another value" in answers[11].out
    assert (
        f"Masked, because it looks like a secret by its name or form: {VARIABLE} of"
        in answers[0].out
    )
    assert f"environment.{VARIABLE}: (masked), another value is wanted" in answers[12].out
    written_by_us = {p: c for p, c in seen.items() if not p.name.startswith("config.yaml ")}
    for secret in planted:
        assert [p for p, content in written_by_us.items() if secret.encode() in content] == []
        assert not any(secret.encode() in content for content in written)
        assert not any(secret in answer.out + answer.err for answer in answers)
        assert not any(secret in text for text in started)
        assert secret in for_lambda or not any(secret in text for text in shown)
        assert not any(betrays(picture, secret) for picture in pictures)


def test_the_value_of_a_key_is_told_to_who_asks(
    account: None,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
) -> None:
    provision("up", "--yes")
    asked = provision("-vv", "outputs", "api_key")
    (value,) = key_values()
    assert asked.out == f"{value}\n"
    assert betrays(drawn(asked.out), value)  # the only place, and the result of the search above
    assert value not in asked.err
    assert not any(value.encode() in content for content in files(home).values())


def test_the_state_is_its_owners_alone(
    account: None,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
) -> None:
    before = os.umask(0o022)
    try:
        provision("up", "--yes")
    finally:
        os.umask(before)
    ours = home / ".provision"
    directories = [ours, *(path for path in ours.rglob("*") if path.is_dir())]
    assert {path.name for path in directories} == {".provision", "dev"}
    assert {path.stat().st_mode & 0o777 for path in directories} == {0o700}
    state = ours / "dev"
    modes = {path.name: path.stat().st_mode & 0o777 for path in state.iterdir()}
    assert {"state.json", "journal.jsonl"} <= set(modes)
    assert set(modes.values()) == {0o600}

"""Credentials that need a code or a login are not waited for without a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from provision.aws import one_time_code
from provision.aws.access import Access
from provision.aws.client import Aws
from provision.aws.session import new_botocore_session
from provision.errors import NoCredentials
from provision.views.draw_thread import Drawing
from tests.integration.test_cli import Provision, home, provision  # noqa: F401

PROFILES = """
[profile base]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = none
[profile mfa]
role_arn = arn:aws:iam::123456789012:role/deployer
source_profile = base
mfa_serial = arn:aws:iam::123456789012:mfa/me
[profile sso]
sso_start_url = https://example.awsapps.com/start
sso_region = us-east-1
sso_account_id = 123456789012
sso_role_name = deployer
"""


@pytest.fixture(autouse=True)
def profiles(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    (home / "profiles").write_text(PROFILES)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home / "profiles"))
    monkeypatch.setenv("HOME", str(home))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)


def test_a_one_time_code_is_not_waited_for_where_nobody_can_type_it(home: Path) -> None:  # noqa: F811
    """The pipe stays open: a read would wait forever."""
    with subprocess.Popen(
        [sys.executable, "-m", "provision", "plan", "--profile", "mfa"],
        cwd=home,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # without the terminal that runs the tests
    ) as process:
        assert process.wait(90) == 1
        told = process.stderr.read() if process.stderr else ""
    assert "Enter MFA code for arn:aws:iam::123456789012:mfa/me: this cannot be asked" in told
    assert "`aws --profile mfa configure export-credentials --format env`" in told
    assert "Interrupted" not in told
    assert "Traceback" not in told


def test_a_person_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return "123456"

    def called(_client: object, _operation: str, kwargs: dict[str, str]) -> None:
        raise LookupError(kwargs["TokenCode"])

    monkeypatch.setattr(one_time_code, "_somebody_is_there", lambda: True)
    monkeypatch.setattr("getpass.getpass", answer)
    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", called)
    credentials = new_botocore_session(Access("us-east-1", "mfa")).get_credentials()
    assert credentials is not None
    with pytest.raises(LookupError, match="123456"):
        credentials.get_frozen_credentials()
    assert asked == ["Enter MFA code for arn:aws:iam::123456789012:mfa/me: "]


def test_nobody_is_asked_in_the_middle_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """The screen would draw over a question in a run, so it is asked when a stack is opened."""
    monkeypatch.setattr(one_time_code, "_somebody_is_there", lambda: True)
    monkeypatch.setattr("getpass.getpass", lambda _: pytest.fail("asked by another thread"))
    aws = Aws(Access("us-east-1", "mfa"))
    with ThreadPoolExecutor(1) as pool, pytest.raises(NoCredentials, match="need a code") as told:
        pool.submit(aws.sign_in).result()
    assert told.value.hint.startswith("run it again")


def test_the_code_is_asked_for_before_anything_is_drawn(
    provision: Provision,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`push` makes no other call before: the state says in which account it is."""
    drawn: list[str] = []
    monkeypatch.setattr(Drawing, "__enter__", lambda _: drawn.append("drawn"))
    monkeypatch.setattr(one_time_code, "_somebody_is_there", lambda: False)
    monkeypatch.setattr("provision.workspace.check_account", lambda *_: None)
    assert "this cannot be asked without a terminal" in provision("push", "--profile", "mfa").err
    assert drawn == []


def test_the_hint_of_a_login_names_the_profile(
    provision: Provision,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = provision("plan", "--profile", "sso")
    assert given.code == 1
    assert "→ `aws --profile sso sso login`" in given.err
    monkeypatch.setenv("PROVISION_PROFILE", "sso")  # which AWS's own command line does not know
    assert "→ `aws --profile sso sso login`" in provision("plan").err
    monkeypatch.delenv("PROVISION_PROFILE")
    monkeypatch.setenv("AWS_PROFILE", "sso")  # which it does
    assert "→ `aws sso login`" in provision("plan").err
    unknown = provision("plan", "--profile", "nobody")
    assert "→ `aws configure list-profiles`" in unknown.err


@pytest.mark.parametrize(
    "command", ["/nowhere/at-all", "false", "echo no json", "echo {}", "echo []", "echo 1"]
)
def test_a_process_that_gives_no_credentials_is_named(
    home: Path,  # noqa: F811
    provision: Provision,  # noqa: F811
    command: str,
) -> None:
    (home / "profiles").write_text(f"[profile tool]\ncredential_process = {command}\n")
    told = provision("plan", "--profile", "tool")
    assert told.code == 1
    assert "cannot get the credentials of profile tool: " in told.err
    assert "fix its credential_process" in told.err

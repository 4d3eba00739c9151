"""A project with the shipped stack, a MiniStack that checks IAM, and users with given policies."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.config import Config

from provision import local
from provision.aws.access import Access
from provision.aws.client import Aws
from provision.cli import main
from provision.local.identity import write_record
from provision.local.persistence import environment, make_folders
from provision.local.secret import data_name, key_of, make_secret
from provision.workflows.deployer_policy import Purpose, deployer_policies
from provision.workspace import Options, open_workspace
from tests.conformance.permissions.evaluation import Document
from tests.support.sample_stack import ROOT, merge
from tests.support.speedups import make_clients_cheap
from tests.unit.local.conftest import free_port, quiet

ROOT_USER = "root"
"""The emulator's own credentials, which are not checked."""
Keys = tuple[str, ...]
"""Access key, secret, and a session's token."""


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Emulated:
    """Users' files are in `home`; every command runs with the credentials of one user."""

    home: Path
    port: int
    users: dict[str, Keys] = field(default_factory=lambda: {ROOT_USER: local.CREDENTIALS})

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def configure(self, name: str, changes: Mapping[str, Any]) -> None:
        """Write the shipped config.yaml with `changes` as NAME.yaml, for a stack NAME-local."""
        settings = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))
        merge(settings, {"name": name, **changes})
        text = yaml.safe_dump(settings, sort_keys=False)
        (self.home / f"{name}.yaml").write_text(text, "utf-8")

    def provision(self, user: str, name: str, *words: str) -> Said:
        """Return how one command in this process ended, for the stack NAME-local."""
        before = ("--config", str(self.home / f"{name}.yaml"), "--state", str(self.home / name))
        code, out, err = 0, io.StringIO(), io.StringIO()
        with (
            pytest.MonkeyPatch.context() as patch,
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            patch.setattr(local, "CREDENTIALS", self.users[user])
            try:
                main([*before, "--local-port", str(self.port), *words, "--local"])
            except SystemExit as ended:
                code = int(str(ended.code or 0))
        return Said(code, out.getvalue(), err.getvalue())

    def policies(self, name: str, purpose: Purpose) -> list[Document]:
        """Return the documents of `provision policy deployer`, for the stack on the emulator."""
        options = Options(
            self.home / f"{name}.yaml",
            environment="local",
            state=self.home / name,
            local_port=self.port,
        )
        bench = open_workspace(options, say=quiet)
        found = deployer_policies(bench.stack, {}, bench.aws.location, purpose)
        return [policy.document for policy in found]

    def let(self, user: str, policies: Sequence[Document]) -> None:
        """Allow the user exactly what these policies say."""
        iam = self.client("iam")
        if user not in self.users:
            iam.create_user(UserName=user)
            key = iam.create_access_key(UserName=user)["AccessKey"]
            self.users[user] = (key["AccessKeyId"], key["SecretAccessKey"])
        for old in iam.list_attached_user_policies(UserName=user)["AttachedPolicies"]:
            iam.detach_user_policy(UserName=user, PolicyArn=old["PolicyArn"])
            iam.delete_policy(PolicyArn=old["PolicyArn"])
        for number, document in enumerate(policies):
            made = iam.create_policy(
                PolicyName=f"{user}-{number}", PolicyDocument=json.dumps(document)
            )
            iam.attach_user_policy(UserName=user, PolicyArn=made["Policy"]["Arn"])

    def assume(self, role: str, session: str) -> None:
        """Create a user, named as the session, with the role's credentials."""
        found = self.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{local.ACCOUNT}:role/{role}", RoleSessionName=session
        )["Credentials"]
        self.users[session] = (
            found["AccessKeyId"],
            found["SecretAccessKey"],
            found["SessionToken"],
        )

    def client(self, service: str, user: str = ROOT_USER) -> Any:
        """Return a client that is not the tool's and does not retry."""
        key, secret, *token = self.users[user]
        return boto3.client(  # type: ignore[call-overload]  # by any name
            service,
            region_name="us-east-1",
            endpoint_url=self.endpoint,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token[0] if token else None,
            config=Config(retries={"total_max_attempts": 1}, proxies={}),
        )

    def aws(self, user: str) -> Aws:
        """Return the connection that steps use."""
        key, secret = self.users[user][:2]
        access = Access(
            "us-east-1",
            endpoint=self.endpoint,
            credentials=(key, secret),
            on_client_created=local.install,
            rate_limited=False,
            deletes_lag=False,
        )
        return Aws(access)


@contextmanager
def emulated(home: Path) -> Iterator[Emulated]:
    """Start the emulator of `home`, with IAM on."""
    root, port = home / ".provision" / "emulator", free_port()
    secret = make_secret()
    data = root / data_name(secret)
    root.mkdir(parents=True)
    make_folders(data)
    for folder in ("function", "layer"):
        shutil.copytree(ROOT / folder, home / folder, ignore=shutil.ignore_patterns("__pycache__"))
    with (root / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.conformance.permissions.enforcing", str(root), str(port)],
            cwd=ROOT,
            env=environment(data, port),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    assert process.stdin
    with process.stdin as told:
        told.write(key_of(secret, str(root)).encode())
    write_record(root, port, process.pid)
    with process, pytest.MonkeyPatch.context() as patch:
        make_clients_cheap(patch)
        try:
            while not local.running(root):
                assert process.poll() is None, (root / "log.txt").read_text()
                time.sleep(0.05)
            yield Emulated(home, port)
        finally:
            local.stop(root)

"""Fixtures of Lambda's tests: a role, a zip, a function, and one with transitional states."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from moto.awslambda.models import LambdaFunction

from provision.aws.client import Aws
from provision.packaging.archive import Archive
from provision.steps.lambda_.function import Function
from provision.steps.lambda_.version import Version
from tests.support.harness import Recorder, new_aws

NAME = "tap-dev-items"


def a_bundle(text: str = "one") -> Archive:
    """Return a zip with one module that holds the text."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), f"handler = {text!r}.format")
    return Archive.of(content.getvalue())


def a_role(aws: Aws, name: str = NAME) -> str:
    """Return the ARN of a role that Lambda can assume."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    role = aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    return role["Role"]["Arn"]


def with_code(function: Function, directory: Path, text: str) -> Function:
    """Return the function with other code."""
    bundle = a_bundle(text)
    path = directory / f"{bundle.sha256}.zip"
    path.write_bytes(bundle.content)
    return replace(function, zip=str(path), code_sha256=bundle.code_sha256)


def a_function(aws: Aws, directory: Path) -> Function:
    """Return a wanted function, of which only the role exists."""
    plain = Function(
        name=NAME,
        runtime="python3.13",
        handler="app.handler",
        role=a_role(aws),
        code_sha256="",
        zip="",
        log_group=f"/aws/lambda/{NAME}",
        tags={"team": "a"},
    )
    return with_code(plain, directory, "one")


def made(function: Function) -> Function:
    """Create the function in the account, and return it."""
    return function.with_owner("tap-dev/function.items").create(new_aws())


def changed(now: Function, **fields: Any) -> Function:
    """Update the existing function to these values, and return it."""
    want = replace(now, **fields)
    return want.update(new_aws(), now, set(fields))


def version_of(function: Function) -> Version:
    return Version(
        function=function.name,
        code_sha256=function.code_sha256,
        configuration=function.configuration(),
    )


class _Answer(NamedTuple):
    status_code: int


class Refusing(Recorder):
    """Answers the first calls of one operation with an error, before they reach the account."""

    def __init__(
        self,
        operation: str,
        code: str,
        *,
        status: int = 400,
        times: int = 9,
        text: str = "refused by the test",
    ) -> None:
        super().__init__()
        self.text = text
        self.operation, self.code, self.status, self.left = operation, code, status, times

    def watch(self, client: Any) -> None:
        super().watch(client)
        client.meta.events.register(f"before-call.lambda.{self.operation}", self._refuse)

    def _refuse(self, **_: Any) -> Any:
        self.left -= 1
        if self.left < 0:
            return None
        error = {"Code": self.code, "Message": self.text}
        metadata = {"HTTPStatusCode": self.status}
        return _Answer(self.status), {"Error": error, "ResponseMetadata": metadata}


def show_states(monkeypatch: pytest.MonkeyPatch, states: Sequence[dict[str, str]]) -> None:
    """Let each observation of a function show the next of these states, and later the last."""
    get_code, left = LambdaFunction.get_code, list(states)

    def shown(self: Any) -> Any:
        found = get_code(self)
        found["Configuration"] |= left.pop(0) if len(left) > 1 else left[0]
        return found

    monkeypatch.setattr(LambdaFunction, "get_code", shown)

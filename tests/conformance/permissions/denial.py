"""A life cycle under moto's enforcement, in which each action is once not allowed.

The first command that calls it is run without it, in a copy of this process, so that the life cycle
continues.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from json import dumps
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core.authorization import enable_iam_authentication

from provision.aws.access import Access
from provision.aws.client import Aws
from provision.errors import ProvisionError
from tests.conformance.permissions.guard import Guard
from tests.conformance.permissions.lifecycle import Life, Liver, T, prepare
from tests.support.harness import REGION, Recorder, Workshop, new_aws
from tests.support.moto_patches import enforcement, teach_moto
from tests.support.moto_patches.enforcement import iam_action
from tests.support.sample_stack import TinySources
from tests.support.speedups import make_cheap
from tests.support.virtual_clock import VirtualClock

AT_ONCE = 2
FORK = get_context("fork")


@dataclass
class Signed(Workshop):
    """Signs every call as one user, with the user's own keys."""

    keys: tuple[str, str] = ("", "")

    def connect(self, recorder: Recorder) -> Aws:
        access = Access(
            REGION, credentials=self.keys, on_client_created=recorder.watch, rate_limited=False
        )
        return Aws(access, clock=VirtualClock())


@dataclass
class Taking(Liver):
    """Tries commands without single actions; `wanted` selects the actions."""

    workshop: Signed
    wanted: Callable[[str], bool]
    said: dict[str, str] = field(default_factory=dict)
    """Action → the message of the first command that failed without it; empty if none did."""
    taken: str = ""

    def part(self, live: Callable[[], T]) -> T:
        known = set(self.life.guards)
        trials = Trials(lambda action: self._without(action, live))
        try:
            result = live()
        except BaseException:
            trials.of([])
            raise
        called = {name for key in set(self.life.guards) - known for name in self._called(key)}
        missed = {action for action in called if not self.said.get(action)}
        self.said |= trials.of(sorted(filter(self.wanted, missed)))
        return result

    def _called(self, key: str) -> set[str]:
        """Return the actions that moto checks, one for each call: the call's own name."""
        return {
            iam_action(judged.sent.action, judged.sent.method)
            for judged in self.life.guards[key].judged
        } - {"sts:GetCallerIdentity"}

    def _without(self, action: str, live: Callable[[], object]) -> str:
        """Return the command's message without the action."""
        self.taken = action
        beside = Path(mkdtemp(dir=self.workshop.directory.parent))
        if self.workshop.directory.exists():
            shutil.copytree(self.workshop.directory, beside, dirs_exist_ok=True)
        self.workshop = replace(self.workshop, directory=beside)
        try:
            live()
        except (ProvisionError, ClientError, AssertionError) as error:
            return str(error) or type(error).__name__
        return ""

    @contextmanager
    def asking(self, guard: Guard) -> Iterator[None]:
        """Let moto check the actions of the policies, which is all that it reads."""
        actions = sorted({line.action for line in guard.index.found} - {self.taken})
        statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        new_aws().iam.put_user_policy(
            UserName="deployer",
            PolicyName="deployer",
            PolicyDocument=dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )
        with enable_iam_authentication():
            yield


@contextmanager
def enforcing_account() -> Iterator[None]:
    """Yield an empty account of moto's that checks permissions as IAM does."""
    with pytest.MonkeyPatch.context() as patch:
        make_cheap(patch)
        teach_moto(patch)
        enforcement.teach(patch)
        with mock_aws():
            prepare()
            yield


class Trials:
    """A copy of this process that waits for actions, and tries each in a copy of its own."""

    def __init__(self, trial: Callable[[str], str]) -> None:
        self._here, there = FORK.Pipe()
        self._process = FORK.Process(target=_hold, args=(there, trial))
        self._process.start()

    def of(self, actions: list[str]) -> Mapping[str, str]:
        self._here.send(actions)
        said: dict[str, str] = self._here.recv()
        self._process.join()
        return said


def _hold(asked: Connection, trial: Callable[[str], str]) -> None:
    actions: list[str] = asked.recv()
    said = {}
    for first in range(0, len(actions), AT_ONCE):
        running = [(action, *_start(trial, action)) for action in actions[first : first + AT_ONCE]]
        for action, process, answer in running:
            try:
                said[action] = answer.recv()
            except EOFError:  # it crashed; its traceback is on the screen
                said[action] = ""
            process.join()
    asked.send(said)


def _start(trial: Callable[[str], str], action: str) -> tuple[Any, Connection]:
    here, there = FORK.Pipe()
    process = FORK.Process(target=lambda: there.send(trial(action)))
    process.start()
    there.close()  # so that any end of it is seen
    return process, here


def taking(directory: Path, wanted: Callable[[str], bool]) -> Taking:
    """Return the runner for an account in which moto checks permissions as IAM does."""
    iam = new_aws().iam
    iam.create_user(UserName="deployer")
    key = iam.create_access_key(UserName="deployer")["AccessKey"]
    workshop = Signed(directory / "state", keys=(key["AccessKeyId"], key["SecretAccessKey"]))
    return Taking(Life(), workshop, directory / "ours", TinySources(directory / "zips"), wanted)

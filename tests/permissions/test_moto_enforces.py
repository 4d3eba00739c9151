"""The actions of the deployer's policy under moto's enforcement, with the services that MiniStack
has not. moto knows neither resources nor conditions; tests/moto_truths/enforcement.py says more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws
from moto.core.authorization import enable_iam_authentication

from provision.access import Access
from provision.aws import Aws
from provision.errors import Refused
from provision.permissions.deployer import Purpose, deployer_policies
from tests.moto_truths import enforcement, teach_moto
from tests.permissions.evaluation import lines
from tests.permissions.life import FULL
from tests.reference import TinySources, reference_stack
from tests.virtual import VirtualClock
from tests.workshop import REGION, Recorder, Workshop, new_aws

WHOLE: Mapping[str, Any] = {**FULL, "encryption": {"key": "create"}}
CHANGED: Mapping[str, Any] = {
    **WHOLE,
    "tags": {"Environment": "production", "team": "a"},
    "tables": {"items": {"read": {"max": 200}}},
    "functions": {"items": {"memory": 256}},
    "api": {**FULL["api"], "routes": {"GET /more": "items"}},
}


@dataclass
class Enforced(Workshop):
    """Every call is made by a user who may do certain actions, and moto asks."""

    sources: TinySources | None = None
    keys: tuple[str, str] | None = None

    def connect(self, recorder: Recorder) -> Aws:
        access = Access(REGION, credentials=self.keys, prepare=recorder.watch, paced=False)
        return Aws(access, clock=VirtualClock())

    def live(
        self, verb: str, changes: Mapping[str, Any], purpose: Purpose, *, taken: str = ""
    ) -> int:
        """A command under the policy for it but for one action; how many calls it made."""
        aws = new_aws()
        stack = reference_stack(aws, self.directory / "config", changes, self.sources)
        found = deployer_policies(stack, {}, aws.where, purpose)
        actions = sorted({line.action for line in lines(p.document for p in found)} - {taken})
        self.let(actions)
        with enable_iam_authentication():
            self.run(stack, verb)
        return len(self.last.reads) + len(self.last.writes)

    def let(self, actions: list[str]) -> None:
        statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam = new_aws().iam
        if not self.keys:
            iam.create_user(UserName="deployer")
            key = iam.create_access_key(UserName="deployer")["AccessKey"]
            self.keys = (key["AccessKeyId"], key["SecretAccessKey"])
        iam.put_user_policy(UserName="deployer", PolicyName="deployer", PolicyDocument=document)


@pytest.fixture
def enforced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Enforced]:
    teach_moto(monkeypatch)
    enforcement.teach(monkeypatch)
    with mock_aws():
        new_aws().route53.create_hosted_zone(Name="example.com", CallerReference="test")
        yield Enforced(tmp_path / "state", sources=TinySources(tmp_path / "zips"))


def test_a_whole_life_needs_no_other_action(enforced: Enforced) -> None:
    assert enforced.sources is not None
    assert enforced.live("up", WHOLE, Purpose.UP) > 200
    assert enforced.live("plan", WHOLE, Purpose.STATUS) > 50
    assert enforced.last.writes == []
    enforced.sources.code += "# changed\n"
    enforced.sources.layer_text += "# changed\n"
    assert enforced.live("up", CHANGED, Purpose.UP) > 100
    with pytest.raises(Refused, match="is not authorized to perform: kms:UntagResource"):
        enforced.live("up", WHOLE, Purpose.UP, taken="kms:UntagResource")
    assert enforced.live("down", CHANGED, Purpose.DOWN) > 100

"""One account and one folder in which commands are run, with checks of every answer."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import botocore.client
import pytest
import yaml
from botocore.exceptions import ClientError

from provision.aws.client import Aws
from provision.cli import main
from provision.model.step import OwnerMark, Step, Tagged
from provision.stack.packages import PackageBuilder
from provision.state.journal import Journal
from provision.steps import KINDS
from tests.faults.ownership.foreign_stack import retag
from tests.integration.every_screen.complete import BOUNDARY, CERTIFICATE, DOMAIN, ZONE
from tests.support.harness import new_aws
from tests.support.sample_stack import TinySources

HOSTILE: Final = "[/items] [bold] :secret: ^[a-zA-Z_0-9]+$ \x1b[2J\x07\r\n::error::x\x9b2J\u202e"
"""Markup, an emoji's name, a pattern, and all that a terminal or the log of a CI obeys."""
VISIBLE: Final = r"[/items] [bold] :secret: ^[a-zA-Z_0-9]+$ \x1b[2J"
"""The part of it that is readable wherever it is shown whole."""


@dataclass(frozen=True)
class Answer:
    """The exit code and output of a command."""

    words: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def nodes(self) -> dict[str, str]:
        """Return node → action, from the document."""
        return {each["node"]: each["action"] for each in self.json["resources"]}


class Account:
    """A folder with config.yaml, and the account it leads to."""

    def __init__(self, home: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self._capture = capture

    def furnish(self, settings: Mapping[str, Any]) -> None:
        """Create the folder as a user has it, and the account's resources that the stack needs."""
        (self.home / "code").mkdir()
        (self.home / "code" / "app.py").write_text("def handler(event, context):\n    return {}\n")
        (self.home / "layer").mkdir()
        (self.home / "layer" / "requirements.txt").write_text(
            f"six==1.17.0 --hash=sha256:{0:064}\n"
        )
        aws = new_aws()
        zone = aws.route53.create_hosted_zone(Name=ZONE, CallerReference="theirs")
        text = yaml.safe_dump(dict(settings), sort_keys=False)
        text = text.replace(CERTIFICATE, _issued(aws, zone["HostedZone"]["Id"]))
        (self.home / "config.yaml").write_text(text)
        for alias in ("alias/ours", "alias/theirs"):
            key = aws.kms.create_key()["KeyMetadata"]["KeyId"]
            aws.kms.create_alias(AliasName=alias, TargetKeyId=key)
        name = BOUNDARY.rpartition("/")[2]
        allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        aws.iam.create_policy(PolicyName=name, PolicyDocument=document)

    def run(self, *words: str, traced: bool = False) -> Answer:
        """Run a command, check its answer, and return it."""
        with pytest.raises(SystemExit) as ended:
            main(list(words))
        captured = self._capture.readouterr()
        answer = Answer(words, int(ended.value.code or 0), captured.out, captured.err)
        judge(answer, traced=traced)
        return answer

    # -- what happens to an account ------------------------------------------------------------

    def take_names(self) -> None:
        """Create foreign resources with the names that ours are to have."""
        aws = new_aws()
        zone = aws.route53.list_hosted_zones()["HostedZones"][0]["Id"]
        record: Any = {"Name": DOMAIN["name"], "Type": "A"}
        record["AliasTarget"] = {
            "HostedZoneId": "Z2FDTNDATAQYW2",
            "DNSName": "theirs.cloudfront.net.",
            "EvaluateTargetHealth": False,
        }
        change: Any = {"Action": "CREATE", "ResourceRecordSet": record}
        aws.route53.change_resource_record_sets(
            HostedZoneId=zone, ChangeBatch={"Changes": [change]}
        )
        aws.sqs.create_queue(QueueName="tap-dev-items-dead-letters")
        aws.logs.create_log_group(logGroupName="/aws/lambda/tap-dev-items")
        aws.sns.create_topic(Name="tap-dev-alarms")
        aws.dynamodb.create_table(
            TableName="tap-dev-items",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )

    @property
    def state(self) -> Path:
        return self.home / ".provision" / "dev"

    @property
    def made(self) -> dict[str, Step]:
        """Return the complete steps of the state."""
        records = Journal.read(self.state, "tap-dev", KINDS).records
        return {name: record.step for name, record in records.items() if not record.pending}

    def lose_state(self) -> None:
        shutil.rmtree(self.state)

    def drift(self) -> int:
        """Change one tag of each resource, delete the dashboard; return how many changed."""
        aws, touched = new_aws(), 0
        for node, step in self.made.items():
            have = step.observe(aws)
            if isinstance(have, Tagged) and have.tags:
                with_another = {**have.tags, "Environment": f"by hand {HOSTILE[:8]}"}
                type(have).update(_tagged(have, with_another), aws, have, {"tags"})
                touched += 1
            if node == "monitoring.dashboard":
                step.delete(aws)
        return touched

    def give_away(self) -> int:
        """Give every resource with an owner tag to another owner; return how many."""
        given = 0
        for node, step in self.made.items():
            have = step.observe(new_aws())
            if have and have.OWNER_MARK is OwnerMark.CHANGEABLE:
                retag(node, step)
                given += 1
        return given


def _issued(aws: Aws, zone: str) -> str:
    """Create a foreign, validated certificate for every name of the zone; return its ARN."""
    arn = aws.acm.request_certificate(
        DomainName=f"*.{ZONE}", ValidationMethod="DNS", IdempotencyToken="theirs"
    )["CertificateArn"]
    certificate = aws.acm.describe_certificate(CertificateArn=arn)["Certificate"]
    proof = certificate["DomainValidationOptions"][0]["ResourceRecord"]
    record = {"Name": proof["Name"], "Type": proof["Type"], "TTL": 300}
    record["ResourceRecords"] = [{"Value": proof["Value"]}]
    change: Any = {"Action": "CREATE", "ResourceRecordSet": record}
    aws.route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})
    waiter = aws.acm.get_waiter("certificate_validated")
    waiter.wait(CertificateArn=arn, WaiterConfig={"Delay": 0})
    return arn


def _tagged(step: Tagged, tags: Mapping[str, str]) -> Tagged:
    return replace(step, tags=tags)


def judge(answer: Answer, *, traced: bool = False) -> None:
    """Check that it has no surprise, traceback or control character, and one document if asked."""
    told = f"{answer.words}: {answer.out}\n{answer.err}"
    assert "unexpected" not in answer.out + answer.err, told
    assert ("Traceback" in answer.err) == traced, told
    assert "UnknownUsed" not in told
    for line in (answer.out + answer.err).split("\n"):
        assert line.isprintable(), ascii(line)
        assert not line.lstrip("│ ").startswith("::"), told
    if "--json" in answer.words:
        assert answer.json["schema"] == 1, told


@contextmanager
def refusing(operation: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let AWS refuse this operation, in words that look like markup."""
    call: Callable[..., Any] = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]

    def refused(self: Any, name: str, parameters: Any) -> Any:
        if name == operation:
            raise ClientError({"Error": {"Code": "ValidationException", "Message": HOSTILE}}, name)
        return call(self, name, parameters)

    with monkeypatch.context() as patch:
        patch.setattr(botocore.client.BaseClient, "_make_api_call", refused)
        yield


def without_wheels(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    """Replace layers by one line each."""
    tiny = TinySources(directory)
    monkeypatch.setattr(PackageBuilder, "layer", lambda _self, name: tiny.layer(name))


def at_a_wide_screen(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Simulate a wide screen, where nothing is cut or wrapped, and no terminal for input."""
    monkeypatch.chdir(home)
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setattr(sys, "argv", ["provision"])
    for name in ("CI", "PROVISION_ENV", "GITHUB_ACTIONS", "TF_BUILD", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)

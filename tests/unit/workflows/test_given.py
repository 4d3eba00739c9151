"""The topic and layers that config.yaml names by ARN are looked up before they are needed."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import boto3
import pytest

from provision.aws.access import Location
from provision.errors import PrerequisiteMissing
from provision.model.step import Step
from provision.plan.change import Action, ResourceChange
from provision.plan.plan import Plan
from provision.stack import StackInputs, build_stack
from provision.steps.cloudwatch.alarm import Alarm
from provision.steps.lambda_.function import Function
from provision.steps.lambda_.layer import Layer
from provision.steps.sns.topic import Topic
from provision.workflows.deployer_policy import Purpose, deployer_asks
from provision.workflows.given import check_given, say_absent
from tests.support.harness import new_aws
from tests.support.sample_stack import TinySources, configured

TOPIC = "arn:aws:sns:us-east-1:123456789012:on-call"
OURS = "arn:aws:sns:us-east-1:123456789012:tap-dev-alarms"
LAYERS = "arn:aws:lambda:us-east-1:123456789012:layer"
SERVICE = {"Service": "cloudwatch.amazonaws.com"}


def alarm(topic: str) -> Alarm:
    return Alarm(
        name="tap-dev-a", namespace="n", metric="m", statistic="Sum", dimensions={}, threshold=1.0,
        actions=(topic,), tags={},
    )  # fmt: skip


def function(*layers: str) -> Function:
    return Function(
        name="tap-dev-items", runtime="python3.13", handler="app.handler", memory=128, timeout=3,
        architecture="arm64", role="r", environment={}, log_group="g", code_sha256="s",
        layers=layers, tags={},
    )  # fmt: skip


def told(wants: dict[str, Step], action: Action = Action.CREATE, **have: Step) -> list[str]:
    """Return what is said about a plan with these wanted steps, all with the same action."""
    changes = {
        name: ResourceChange(name, (), step.KIND, step, have.get(name), (), action)
        for name, step in wants.items()
    }
    said: list[str] = []
    aws = new_aws()
    with aws.reading():
        check_given(aws, Plan(changes), said.append)
    return said


def make_topic(policy: dict[str, Any] | None = None, **attributes: str) -> None:
    sent = {**attributes, **({"Policy": json.dumps(policy)} if policy else {})}
    boto3.client("sns").create_topic(Name="on-call", Attributes=sent)


def allows(principal: Any, action: Any = "sns:Publish", effect: str = "Allow") -> dict[str, Any]:
    statement = {"Effect": effect, "Principal": principal, "Action": action, "Resource": TOPIC}
    return {"Version": "2012-10-17", "Statement": [statement]}


def test_there_must_be_such_a_topic(account: None) -> None:
    with pytest.raises(PrerequisiteMissing, match=f"there is no topic {TOPIC}") as missing:
        told({"a": alarm(TOPIC)})
    assert "monitoring.topic" in missing.value.hint
    assert told({"a": alarm(TOPIC)}, Action.KEEP) == []  # nothing needs it now


def test_a_topic_of_another_account_is_refused(account: None) -> None:
    with pytest.raises(PrerequisiteMissing, match="belongs to account 999999999999"):
        told({"a": alarm(TOPIC.replace("123456789012", "999999999999"))})


def test_the_stacks_own_topic_is_not_asked_for(account: None) -> None:
    topic = Topic(name="tap-dev-alarms", arn=OURS, tags={})
    assert told({"t": topic, "a": alarm(OURS)}) == []
    assert told({"t": topic, "a": alarm(OURS)}, t=topic) == []


@pytest.mark.parametrize(
    "policy",
    [
        None,  # AWS's default: everything of this account
        allows(SERVICE),
        allows(SERVICE, ["sns:Subscribe", "SNS:Publish"]),
        allows({"Service": ["events.amazonaws.com", "cloudwatch.amazonaws.com"]}),
        allows("*"),
        allows({"AWS": "*"}, "SNS:*"),
    ],
)
def test_a_topic_that_lets_cloudwatch_in_is_nothing_to_say(
    account: None, policy: dict[str, Any] | None
) -> None:
    make_topic(policy)
    assert told({"a": alarm(TOPIC)}) == []


@pytest.mark.parametrize(
    "policy",
    [
        allows({"AWS": "arn:aws:iam::123456789012:root"}),
        allows({"Service": "events.amazonaws.com"}),
        allows(SERVICE, "sns:Subscribe"),
        allows(SERVICE, effect="Deny"),
    ],
)
def test_a_topic_that_keeps_cloudwatch_out_is_said(account: None, policy: dict[str, Any]) -> None:
    make_topic(policy)
    (said,) = told({"a": alarm(TOPIC), "b": alarm(TOPIC)})  # once for both
    assert "does not let cloudwatch.amazonaws.com publish" in said


def test_a_topic_with_awss_own_key_is_said(account: None) -> None:
    make_topic(KmsMasterKeyId="alias/aws/sns")
    (said,) = told({"a": alarm(TOPIC)})
    assert "encrypted with AWS's own key" in said


def publish(**declared: Any) -> str:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("python/shared.py", "")
    made = boto3.client("lambda").publish_layer_version(
        LayerName="shared", Content={"ZipFile": content.getvalue()}, **declared
    )
    return str(made["LayerVersionArn"])


def test_there_must_be_such_a_layer(account: None) -> None:
    with pytest.raises(PrerequisiteMissing, match=f"f: there is no layer version {LAYERS}:none:7"):
        told({"f": function(f"{LAYERS}:none:7")})
    assert told({"f": function(f"{LAYERS}:none:7")}, Action.KEEP) == []


def test_a_layer_for_the_function_is_nothing_to_say(account: None) -> None:
    fitting = {"CompatibleRuntimes": ["python3.13"], "CompatibleArchitectures": ["arm64"]}
    assert told({"f": function(publish(**fitting), publish())}) == []


def test_a_layer_that_is_declared_for_others_is_said(account: None) -> None:
    other = publish(
        CompatibleRuntimes=["python3.11", "python3.12"], CompatibleArchitectures=["x86_64"]
    )
    runtime, architecture = told({"f": function(other)})
    assert f"f: the layer {other} is declared for python3.11, python3.12" in runtime
    assert "runs on python3.13" in runtime
    assert "declared for x86_64, and the function runs on arm64" in architecture


def test_the_stacks_own_layers_are_not_asked_for(account: None) -> None:
    arn = f"{LAYERS}:tap-dev-dependencies:1"
    ours = Layer(name="l", sha256="0", runtimes=(), architectures=(), arn=arn)
    assert told({"l": ours, "f": function(arn)}) == []


def test_a_layer_that_may_not_be_read_is_refused_with_both_causes(account: None) -> None:
    arn = "arn:aws:lambda:us-east-1:999999999999:layer:theirs:1"
    with pytest.raises(PrerequisiteMissing, match="does not exist or is not shared"):
        told({"f": function(arn)})


@pytest.mark.parametrize("purpose", [Purpose.UP, Purpose.PLAN, Purpose.STATUS, Purpose.ALL])
def test_the_deployer_may_ask_for_it(tmp_path: Path, purpose: Purpose) -> None:
    where = Location("123456789012", "us-east-1", "aws", "amazonaws.com")

    def asked(changes: dict[str, Any]) -> set[tuple[str, str]]:
        inputs = StackInputs(
            configured(tmp_path, changes),
            where,
            ("us-east-1a", "us-east-1b"),
            TinySources(tmp_path / "zips"),
            lambda api, stage: f"https://{api}/{stage}",
        )
        asks = deployer_asks(build_stack(inputs), {}, where, purpose)
        return {(one.action, one.resource) for one in asks if one.by == "given"}

    assert asked({}) == set()
    given = {"monitoring": {"topic": TOPIC}}
    assert asked(given) == {("sns:GetTopicAttributes", TOPIC)}


def test_on_local_it_is_said_that_layers_and_topics_of_aws_are_not_there() -> None:
    theirs = "arn:aws:lambda:us-east-1:017000801446:layer:Shared:7"
    wants: dict[str, Step] = {"f": function(theirs, f"{LAYERS}:held:1"), "a": alarm(TOPIC)}
    changes = {
        name: ResourceChange(name, (), step.KIND, step, None, (), Action.CREATE)
        for name, step in wants.items()
    }
    said: list[str] = []
    say_absent(Plan(changes), "123456789012", said.append)
    topic, layer = said
    assert topic.startswith(f"the topic {TOPIC} is not here")
    assert layer.startswith(f"f: the layer {theirs} is empty here")

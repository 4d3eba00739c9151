"""When AWS refuses: the missing action, the statement that allows it, and that it does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from provision.errors import NotPermitted
from provision.explain import explain
from provision.permissions.deployer import Purpose, deployer_policies
from provision.steps.queue import Queue
from tests.permissions.evaluation import Document
from tests.permissions.guard import Guard
from tests.workshop import Workshop, new_aws, one_node

QUEUE = Queue(name="tap-dev-it", tags={})


def without(policies: Sequence[Document], action: str) -> list[Document]:
    """The policies with one action taken away."""
    text = json.dumps(policies)
    assert f'"{action}"' in text
    return list(json.loads(text.replace(f'"{action}"', '"none:None"')))


def test_adding_what_the_hint_says_is_enough(workshop: Workshop, tmp_path: Path) -> None:
    stack = one_node(QUEUE)
    full = [p.document for p in deployer_policies(stack, {}, new_aws().where, Purpose.ALL)]
    bare = without(full, "sqs:CreateQueue")
    with pytest.raises(NotPermitted) as refused:
        workshop.run(stack, "up", recorder=Guard(policies=bare))
    assert refused.value.exit_code == 8
    assert refused.value.message.startswith("sqs:CreateQueue is missing: CreateQueue was denied:")
    said = refused.value.hint
    statement = json.loads(said[said.index("{") : said.rindex("}") + 1])
    assert statement == {
        "Effect": "Allow",
        "Action": "sqs:CreateQueue",
        "Resource": "arn:aws:sqs:us-east-1:123456789012:tap-dev-it",
    }
    mended = [*bare, {"Version": "2012-10-17", "Statement": [statement]}]
    workshop.run(stack, "up", recorder=Guard(policies=mended))


def test_a_look_that_is_refused_is_told_as_well(workshop: Workshop) -> None:
    with pytest.raises(NotPermitted, match="sqs:GetQueueUrl is missing") as refused:
        workshop.run(one_node(QUEUE), "plan", recorder=Guard(policies=[]))
    assert '"sqs:GetQueueUrl"' in refused.value.hint


def test_where_no_node_calls_awss_own_words_are_taken() -> None:
    text = (
        "You are not authorized to perform this operation. User: arn:aws:iam::1:user/x is not"
        " authorized to perform: ec2:DescribeAvailabilityZones because no identity-based policy"
    )
    error = ClientError(
        {"Error": {"Code": "UnauthorizedOperation", "Message": text}}, "DescribeAvailabilityZones"
    )
    told = explain(error)
    assert isinstance(told, NotPermitted)
    assert told.message.startswith("ec2:DescribeAvailabilityZones is missing")
    assert '{"Effect": "Allow", "Action": "ec2:DescribeAvailabilityZones", "Resource": "*"}' in (
        told.hint
    )

"""When AWS refuses: the missing action, the statement that allows it, and that it does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from provision.aws.access import Location
from provision.engine.errors import translate_error
from provision.errors import NotPermitted
from provision.permissions.access_denied import refusal
from provision.steps.sqs.queue import Queue
from provision.workflows.deployer_policy import Purpose, deployer_asks, deployer_policies
from tests.conformance.permissions.evaluation import Document
from tests.conformance.permissions.guard import Guard
from tests.support.harness import Workshop, new_aws, one_node

WHERE = Location("123456789012", "us-east-1", "aws", "amazonaws.com")
QUEUE = Queue(name="tap-dev-it", tags={})


def without(policies: Sequence[Document], action: str) -> list[Document]:
    """Return the policies without one action."""
    text = json.dumps(policies)
    assert f'"{action}"' in text
    return list(json.loads(text.replace(f'"{action}"', '"none:None"')))


def test_adding_what_the_hint_says_is_enough(workshop: Workshop, tmp_path: Path) -> None:
    stack = one_node(QUEUE)
    full = [p.document for p in deployer_policies(stack, {}, new_aws().location, Purpose.ALL)]
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
    told = translate_error(error)
    assert isinstance(told, NotPermitted)
    assert told.message.startswith("ec2:DescribeAvailabilityZones is missing")
    assert '{"Effect": "Allow", "Action": "ec2:DescribeAvailabilityZones", "Resource": "*"}' in (
        told.hint
    )


def denied(text: str, call: str = "CreateQueue") -> ClientError:
    return ClientError({"Error": {"Code": "AccessDenied", "Message": text}}, call)


def test_an_action_in_other_letters_is_the_same_action() -> None:
    """SQS names its actions in small letters."""
    stack = one_node(QUEUE)
    text = (
        "User: arn:aws:iam::1:user/x is not authorized to perform: sqs:createqueue on resource:"
        " arn:aws:sqs:us-east-1:123456789012:tap-dev-it because no identity-based policy allows"
        " the sqs:createqueue action"
    )
    told = refusal(denied(text), deployer_asks(stack, {}, WHERE, Purpose.ALL))
    assert told.message.startswith("sqs:CreateQueue is missing: ")
    assert '"Action": "sqs:CreateQueue"' in told.hint


@pytest.mark.parametrize(
    "policy",
    ["identity-based policy", "resource-based policy", "service control policy", "session policy"],
)
def test_where_a_deny_stands_against_it_no_grant_is_advised(policy: str) -> None:
    text = (
        "User: arn:aws:iam::1:user/x is not authorized to perform: sqs:createqueue on resource:"
        f" arn:aws:sqs:us-east-1:1:q with an explicit deny in a {policy}"
    )
    told = refusal(denied(text))
    assert told.exit_code == 8
    assert told.message.startswith("CreateQueue is forbidden: ")
    assert told.hint.startswith(f"a Deny statement in a {policy} overrides every grant")
    assert "add {" not in told.hint

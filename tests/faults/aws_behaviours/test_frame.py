"""The frame itself: refusals arrive as AWS's errors, and changed answers are decoded unchanged."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from tests.faults.aws_behaviours.conftest import Session, naive, ours
from tests.faults.aws_behaviours.frame import Call, Law, Lost, Refusal, World
from tests.faults.aws_behaviours.wire import Answer

READS = [
    ("ec2", "describe_vpcs", {}),
    ("iam", "list_roles", {}),
    ("apigateway", "get_rest_apis", {}),
    ("lambda", "list_functions", {}),
    ("dynamodb", "list_tables", {}),
    ("sqs", "list_queues", {}),
    ("sns", "list_topics", {}),
    ("logs", "describe_log_groups", {}),
    ("cloudwatch", "describe_alarms", {}),
    ("route53", "list_hosted_zones", {}),
    ("acm", "list_certificates", {}),
    ("application-autoscaling", "describe_scalable_targets", {"ServiceNamespace": "dynamodb"}),
]
TRUST = '{"Version": "2012-10-17", "Statement": []}'


class Says(Law):
    """Refuses every call of a service."""

    ROW = "test"

    def __init__(self, service: str) -> None:
        self.service = service

    def concerns(self, call: Call) -> bool:
        return call.service == self.service

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        return Refusal("SomeCode", "some <text> & more", 418)


class Rewrites(Says):
    """Encodes every answer again."""

    def before(self, call: Call, world: World) -> Refusal | Answer | None:
        return None

    def after(self, call: Call, answer: Answer, world: World) -> Answer | Refusal | Lost | None:
        answer["_"] = "changed"
        return None


@pytest.mark.parametrize(("service", "operation", "arguments"), READS, ids=[r[0] for r in READS])
def test_a_refusal_arrives_as_an_answer_in_every_protocol(
    court: Session, service: str, operation: str, arguments: dict[str, str]
) -> None:
    held = court(Says(service))
    client = naive(held, service)
    with pytest.raises(ClientError) as caught:
        client._make_api_call(client.meta.method_to_api_mapping[operation], arguments)
    assert caught.value.response["Error"]["Code"] == "SomeCode"
    assert caught.value.response["Error"]["Message"] == "some <text> & more"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 418
    assert [sent.done for sent in held.refused("test")] == [False]


def fill(court: Session) -> None:
    """Create one resource in each of many services."""
    aws = ours(court())
    aws.iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    aws.dynamodb.create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    )
    aws.sqs.create_queue(QueueName="q")
    aws.sns.create_topic(Name="n")
    aws.logs.create_log_group(logGroupName="g")
    aws.route53.create_hosted_zone(Name="example.com", CallerReference="x")
    aws.acm.request_certificate(DomainName="example.com", IdempotencyToken="x")
    aws.apigateway.create_rest_api(name="a", tags={"k": "v"})


def test_a_changed_answer_says_the_rest_as_before(court: Session) -> None:
    fill(court)
    for service, operation, arguments in READS:
        plain, changed = naive(court(), service), naive(court(Rewrites(service)), service)
        name = plain.meta.method_to_api_mapping[operation]
        expected = plain._make_api_call(name, arguments)
        found = changed._make_api_call(name, arguments)
        expected.pop("ResponseMetadata")
        found.pop("ResponseMetadata")
        assert found == expected, service


def test_a_lost_answer_is_done_and_not_answered(court: Session) -> None:
    class Loses(Rewrites):
        def after(self, call: Call, answer: Answer, world: World) -> Lost:
            return Lost()

    with pytest.raises(ReadTimeoutError):
        naive(court(Loses("sqs")), "sqs").create_queue(QueueName="q")
    assert len(naive(court(), "sqs").list_queues()["QueueUrls"]) == 1


def test_moto_is_asked_once(court: Session) -> None:
    client = naive(court(), "apigateway")
    client.create_rest_api(name="once")
    assert len(client.get_rest_apis()["items"]) == 1

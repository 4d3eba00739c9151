"""The messages of `down` before and after, and the leftovers it finds."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from provision.aws.call_hooks import CallHooks
from provision.aws.client import Aws
from provision.model.step import OWNER
from provision.plan.limitations import Limitations
from tests.integration.removal.conftest import Provision
from tests.support.sample_stack import MARK

pytestmark = pytest.mark.usefixtures("account", "fast", "one_item_a_page")


def put_items(count: int) -> None:
    for number in range(count):
        boto3.client("dynamodb").put_item(
            TableName="tap-dev-items", Item={"id": {"S": str(number)}}
        )


def test_what_goes_and_what_stays_is_said_with_its_size(provision: Provision) -> None:
    provision("up", "--yes")
    put_items(3)
    kept = provision("down", "--yes")
    assert kept.code == 0
    before, after = kept.err.split(" deleted\n")
    assert "it holds data (3 items, " in before
    assert "deletion protection is on" in before
    assert "kept table.items (tap-dev-items): it holds data (3 items" in after
    assert "kept api.account" in after
    assert "nothing else of this stack was found in account 123456789012, us-east-1" in after

    gone = provision("down", "--yes", "--destroy-data", "--json").json
    (table,) = (one for one in gone["resources"] if one["node"] == "table.items")
    assert table["action"] == "delete"
    assert table["holds"]["items"] == 3
    assert table["holds"]["protected"] is True
    assert gone["removal"]["removed"] == ["table.items"]
    assert [one["node"] for one in gone["removal"]["kept"]] == ["api.account"]
    (backup,) = gone["removal"]["backups"]
    assert backup["node"] == "table.items"
    assert backup["arn"] in backup["restore"]
    assert backup["made"].endswith("Z")
    assert gone["removal"]["leftovers"] == []
    assert gone["removal"]["finishing"] == []


def send_letters(count: int) -> None:
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="tap-dev-items-dead-letters")["QueueUrl"]
    for number in range(count):
        sqs.send_message(QueueUrl=url, MessageBody=f'{{"id": {number}}}')


def test_waiting_dead_letters_are_data(provision: Provision, tmp_path: Path) -> None:
    """`down` keeps the queue, names all kept data in one command, and the events can be saved."""
    provision("up", "--yes")
    send_letters(2)
    kept = provision("down", "--yes")
    assert kept.code == 0
    before, after = kept.err.split(" deleted\n")
    assert "about 2 messages wait in it; `provision dlq save items items.jsonl` keeps" in before
    assert "its messages are deleted" not in before
    assert "kept function.items.dead_letters (tap-dev-items-dead-letters): about 2" in after
    both = "provision down --destroy table.items --destroy function.items.dead_letters"
    assert f"to delete them all: {both}" in after
    shown = provision("status").out
    assert "= data was kept: table.items (tap-dev-items), function.items.dead_letters (tap" in shown
    assert f"`{both}` deletes them" in " ".join(shown.split())
    saved = tmp_path / "items.jsonl"
    assert provision("dlq", "save", "items", str(saved)).code == 0
    assert len(saved.read_text().splitlines()) == 2

    gone = provision("down", "--yes", "--destroy-data")
    assert "data loss: about 2 messages are deleted with it" in gone.err
    assert "nothing else of this stack was found" in gone.err
    assert boto3.client("sqs").list_queues().get("QueueUrls", []) == []


LOGS = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:PutLogEvents",'
    ' "Resource": "arn:aws:logs:us-east-1:123456789012:log-group:x:*"}]}'
)
NOTHING = '{"Version": "2012-10-17", "Statement": []}'


def owner(node: str, stack: str) -> str:
    return f"{MARK.replace('tap/dev', stack.replace('-', '/', 1))}/{node}"


def owned(node: str, stack: str = "tap-dev") -> list[Any]:
    return [{"Key": OWNER, "Value": owner(node, stack)}]


def leave_behind(stack: str) -> set[str]:
    """Create all that a lost state and a killed `up` may leave, and return the ids."""
    ec2, iam = boto3.client("ec2"), boto3.client("iam")
    tags = owned("network.vpc", stack)
    vpc = ec2.create_vpc(
        CidrBlock="10.9.0.0/24",
        TagSpecifications=[{"ResourceType": "vpc", "Tags": tags}],
    )["Vpc"]["VpcId"]
    role = iam.create_role(
        RoleName=f"{stack}-gone",
        AssumeRolePolicyDocument=NOTHING,
        Tags=owned("function.gone.role", stack),
    )["Role"]["RoleName"]
    topic = boto3.client("sns").create_topic(
        Name=f"{stack}-gone",
        Tags=owned("monitoring.gone", stack),
    )["TopicArn"]
    gateway = boto3.client("apigateway")
    tag = {OWNER: owner("api", stack)}
    api = gateway.create_rest_api(name=stack, tags=tag)["id"]
    key = gateway.create_api_key(name=f"{stack}-gone", tags=tag)["id"]
    plan = gateway.create_usage_plan(name=f"{stack}-gone", tags=tag)["id"]
    layer = boto3.client("lambda").publish_layer_version(
        LayerName=f"{stack}-gone",
        Description=f"{owner('layer.gone', stack)} sha256=0",
        Content={"ZipFile": b"PK\x05\x06" + bytes(18)},
    )["LayerVersionArn"]
    return {vpc, role, topic, api, key, plan, layer}


def test_whatever_else_is_ours_is_named_with_what_removes_it(provision: Provision) -> None:
    provision("up", "--yes")
    ids = leave_behind("tap-dev")
    leave_behind("tap-dev-2")  # foreign, with names that begin alike
    down = provision("down", "--yes", "--destroy-data")
    assert down.code == 0
    left = [line for line in down.err.splitlines() if "left over: " in line]
    assert len(left) == len(ids)
    for one in ids:
        assert any(one in line for line in left), (one, down.err)
    assert "tap-dev-2" not in down.err
    vpc = next(one for one in ids if one.startswith("vpc-"))
    assert f"to remove it: aws ec2 delete-vpc --vpc-id {vpc} --region us-east-1" in down.err
    assert left[-1].partition("left over: ")[2].startswith("network.vpc "), "after what is in it"
    again = provision("down", "--yes", "--json").json["removal"]
    assert {"network.vpc", "api"} <= set(again["removed"]), "found as nodes, once those were gone"
    shown = {one["node"]: one["seen"] for one in again["leftovers"]}
    assert shown["layer.gone"]
    assert shown["function.gone.role"]


def test_what_is_left_over_says_what_goes_with_it(provision: Provision) -> None:
    """A table of another node's state is protected, and has items and auto scaling's targets."""
    provision("up", "--yes")
    tables, scaling = boto3.client("dynamodb"), boto3.client("application-autoscaling")
    tables.create_table(
        TableName="tap-dev-goods",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        DeletionProtectionEnabled=True,
        Tags=owned("table.goods"),
    )
    tables.put_item(TableName="tap-dev-goods", Item={"id": {"S": "1"}})
    scaling.register_scalable_target(
        ServiceNamespace="dynamodb",
        ResourceId="table/tap-dev-goods",
        ScalableDimension="dynamodb:table:ReadCapacityUnits",
        MinCapacity=1,
        MaxCapacity=2,
        Tags={OWNER: owner("table.goods.read", "tap-dev")},
    )
    left = provision("down", "--yes", "--json").json["removal"]["leftovers"]
    shown = {one["node"]: one for one in left}
    assert shown.keys() == {"table.goods", "table.goods.read"}
    table = shown["table.goods"]
    assert table["goes"].startswith("it holds data (1 item, ")
    assert "deletion protection is on" in table["goes"]
    at = "--table-name tap-dev-goods --region us-east-1"
    backup, waiting, unlocked, awake, gone = table["remove"].split(" && ")
    assert backup == (
        "aws dynamodb create-backup --table-name tap-dev-goods --backup-name tap-dev-goods.final"
        " --region us-east-1"
    )
    assert waiting.startswith(f'until [ "$(aws dynamodb list-backups {at} --output json')
    assert unlocked == f"aws dynamodb update-table {at} --no-deletion-protection-enabled"
    assert awake == f"aws dynamodb wait table-exists {at}"
    assert gone == f"aws dynamodb delete-table {at}"
    assert "deregister-scalable-target" in shown["table.goods.read"]["remove"]
    assert "--resource-id table/tap-dev-goods " in shown["table.goods.read"]["remove"]


def test_what_hangs_on_what_is_left_over_goes_first(provision: Provision) -> None:
    """A role has policies, and a usage plan has a stage."""
    provision("up", "--yes")
    iam = boto3.client("iam")
    leave_behind("tap-dev")
    iam.put_role_policy(RoleName="tap-dev-gone", PolicyName="own", PolicyDocument=LOGS)
    policy = iam.create_policy(PolicyName="theirs", PolicyDocument=LOGS)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="tap-dev-gone", PolicyArn=policy)
    left = provision("down", "--yes", "--json").json["removal"]["leftovers"]
    (role,) = (one for one in left if one["node"] == "function.gone.role")
    assert role["remove"] == (
        "aws iam delete-role-policy --role-name tap-dev-gone --policy-name own && aws iam"
        f" detach-role-policy --role-name tap-dev-gone --policy-arn {policy} && aws iam delete-role"
        " --role-name tap-dev-gone"
    )


def test_what_another_node_of_ours_holds_is_left_over(provision: Provision) -> None:
    """A resource has a configured name, but was created for another node."""
    provision("up", "--yes")
    topics = boto3.client("sns")
    (topic,) = (one["TopicArn"] for one in topics.list_topics()["Topics"])
    topics.tag_resource(ResourceArn=topic, Tags=owned("monitoring.former"))
    down = provision("down", "--yes", "--destroy-data")
    assert "left over: monitoring.former" in down.err
    assert "nothing else of this stack" not in down.err


class Answers:
    """Makes AWS's tagging API refuse, or list deleted resources."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.listed: list[str] = []
        self.denied = False
        client = Aws._client

        def wrapped(aws: Aws, service: str) -> Any:
            return self if service == "resourcegroupstaggingapi" else client(aws, service)

        monkeypatch.setattr(Aws, "_client", wrapped)

    def get_resources(self, **asked: Any) -> dict[str, Any]:
        if self.denied:
            error = {"Error": {"Code": "AccessDeniedException", "Message": "not you"}}
            raise ClientError(error, "GetResources")  # type: ignore[arg-type]
        if "Values" in asked["TagFilters"][0]:  # whether another table has a node's owner tag
            return {"PaginationToken": "", "ResourceTagMappingList": []}
        assert asked["TagFilters"] == [{"Key": OWNER}]
        at = int(asked["PaginationToken"] or 0)
        page = [
            {"ResourceARN": arn, "Tags": [*owned("x"), {"Key": "a", "Value": "b"}]}
            for arn in self.listed[at : at + 1]
        ]
        token = str(at + 1) if at + 1 < len(self.listed) else ""
        return {"PaginationToken": token, "ResourceTagMappingList": page}


def test_what_aws_still_lists_is_looked_at(
    provision: Provision, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its index lags; a listed resource that cannot be observed is only reported as listed."""
    aws = "arn:aws:{}:us-east-1:123456789012:{}"
    gone = [
        aws.format("acm", "certificate/0a1b2c3d-0000-4000-8000-000000000000"),
        "arn:aws:apigateway:us-east-1::/apikeys/abcdefghij",
        "arn:aws:apigateway:us-east-1::/domainnames/gone.example.com",
        "arn:aws:apigateway:us-east-1::/restapis/abcdefghij/stages/v1",
        "arn:aws:apigateway:us-east-1::/usageplans/abcdef",
        aws.format("cloudwatch", "alarm:tap-dev-gone"),
        aws.format("dynamodb", "table/tap-dev-gone"),
        *(
            aws.format("ec2", f"{kind}-0123456789abcdef0")
            for kind in ("route-table/rtb", "security-group/sg", "subnet/subnet", "vpc/vpc")
        ),
        aws.format("ec2", "vpc-endpoint/vpce-0123456789abcdef0"),
        "arn:aws:iam::123456789012:role/tap-dev-gone",
        aws.format("lambda", "function:tap-dev-gone"),
        aws.format("lambda", "layer:tap-dev-gone:1"),
        aws.format("logs", "log-group:/aws/lambda/tap-dev-gone"),
        aws.format("sns", "tap-dev-gone"),
        aws.format("sqs", "tap-dev-gone"),
    ]
    unknown = aws.format("scheduler", "schedule/tap-dev-gone")
    Answers(monkeypatch).listed = [*gone, unknown]
    down = provision("down", "--yes")
    lines = [line.strip() for line in down.err.splitlines() if "gone" in line or "arn:" in line]
    assert lines == [f"still listed by AWS, perhaps already deleted: x {unknown}"]


def test_what_gives_no_answer_takes_no_receipt_with_it(
    provision: Provision, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The receipt says what was removed, and where its backup is."""
    lost = "arn:aws:dynamodb:us-east-1:123456789012:table/tap-dev-lost"
    role = "arn:aws:iam::123456789012:role/tap-dev-lost"
    Answers(monkeypatch).listed = [lost, role]
    before_call = CallHooks.before_call

    def silent(hooks: CallHooks, model: Any, **more: Any) -> None:
        before_call(hooks, model, **more)
        if "tap-dev-lost" in str(more["params"]):
            raise ReadTimeoutError(endpoint_url="https://dynamodb.us-east-1.amazonaws.com/")

    monkeypatch.setattr(CallHooks, "before_call", silent)
    down = provision("down", "--yes")
    assert down.code == 0, down.err
    assert f"still listed by AWS, perhaps already deleted: x {lost}: it holds data" in down.err
    assert f"still listed by AWS, perhaps already deleted: x {role}" in down.err
    assert "aws iam delete-role --role-name tap-dev-lost" in down.err


def test_a_search_that_is_denied_is_one_line_and_no_failure(
    provision: Provision, monkeypatch: pytest.MonkeyPatch
) -> None:
    Answers(monkeypatch).denied = True
    down = provision("down", "--yes")
    assert down.code == 0
    assert "not searched: resources by tag: GetResources was denied: not you" in down.err
    assert "as far as could be searched" in down.err


def test_sources_may_be_gone(home: Path, provision: Provision) -> None:
    provision("up", "--yes")
    shutil.rmtree(home / "code")
    assert provision("plan").code == 3
    assert provision("down", "--yes", "--destroy-data").code == 0
    assert boto3.client("lambda").list_functions()["Functions"] == []


def test_an_unusable_file_says_what_to_type(home: Path, provision: Provision) -> None:
    (home / "config.yaml").write_text("name: [\n")
    down = provision("down", "--yes")
    assert down.code == 3
    assert "`git show HEAD:./config.yaml > last.yaml`" in down.err
    assert "`provision down --config last.yaml`" in down.err


def test_what_cannot_be_listed_is_said(
    provision: Provision, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The emulator, for example, lists no alarms by tag, and has no auto scaling."""
    kinds = {"autoscaling.target": "none"}
    monkeypatch.setattr(
        "provision.workspace.NO_LIMITATIONS", Limitations(kinds, {}, {}, "alarms by tag")
    )
    down = provision("down", "--yes")
    assert "not searched: alarms by tag" in down.err
    assert "scalable targets" not in down.err
    assert "as far as could be searched" in down.err

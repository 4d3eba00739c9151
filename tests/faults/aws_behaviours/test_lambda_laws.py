"""Lambda's laws: a naive client fails under each, ours does not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from provision.steps.lambda_.alias import Alias
from provision.steps.lambda_.function import Function
from provision.steps.lambda_.import_check import check_import
from provision.steps.lambda_.layer import Layer
from provision.steps.lambda_.permission import Permission
from provision.steps.lambda_.version import ConcurrentChange, Version
from tests.faults.aws_behaviours.conftest import Session, naive, ours
from tests.faults.aws_behaviours.frame import Call, Court, Law, Refusal, World
from tests.faults.aws_behaviours.harness import LosesOnce, under
from tests.faults.aws_behaviours.rules import lambda_ as laws
from tests.faults.aws_behaviours.rules.answers import AnswersGetLost
from tests.support.harness import one_node
from tests.unit.steps.lambda_world import NAME, a_bundle, a_function, version_of, with_code

SENDS = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
NAMED: dict[str, Any] = {"FunctionName": NAME}


def plain(function: Function) -> dict[str, Any]:
    """Return a naive client's request for the function."""
    return {
        **NAMED,
        "Role": function.role,
        "Runtime": "python3.13",
        "Handler": "app.handler",
        "Code": {"ZipFile": Path(function.zip).read_bytes()},
    }


def by_hand(held: Court, directory: Path) -> tuple[Any, Function]:
    """Return a naive client that has just created the function."""
    directory.mkdir(exist_ok=True)
    function, client = a_function(ours(held), directory), naive(held, "lambda")
    client.create_function(**plain(function))
    return client, function


def forget(held: Court, client: Any) -> None:
    """Delete the naive client's resources."""
    client.delete_function(**NAMED)
    ours(held).iam.delete_role(RoleName=NAME)


def published(held: Court, directory: Path) -> tuple[Function, Version]:
    """Return a settled function of ours, and a version of it."""
    function = under(held, directory / "f").up(a_function(ours(held), directory))
    assert isinstance(function, Function)
    return function, version_of(function)


def test_l1_a_fresh_role_cannot_be_assumed_at_once(court: Session, tmp_path: Path) -> None:
    held = court(laws.RoleSpreads())
    function = a_function(ours(held), tmp_path)
    with pytest.raises(ClientError, match="cannot be assumed by Lambda"):
        naive(held, "lambda").create_function(**plain(function))
    aws = ours(held)
    aws.hooks.iam_written = True
    function.with_owner("tap-dev/f").create(aws)
    assert aws.calls.retried > 1


def test_l2_a_fresh_policy_does_not_count_at_once(court: Session, tmp_path: Path) -> None:
    held = court(laws.PolicySpreads())
    aws = ours(held)
    queue = "arn:aws:sqs:us-east-1:123456789012:dead"
    function = replace(a_function(aws, tmp_path), dead_letters=queue)
    document = json.dumps({"Version": "2012-10-17", "Statement": [SENDS]})
    aws.iam.put_role_policy(RoleName=NAME, PolicyName="p", PolicyDocument=document)
    with pytest.raises(ClientError, match="does not have permissions to call SendMessage on SQS"):
        naive(held, "lambda").create_function(
            **plain(function), DeadLetterConfig={"TargetArn": queue}
        )
    function.with_owner("tap-dev/f").create(aws)
    assert aws.calls.retried > 1


def test_l6_nobody_touches_a_pending_function(court: Session, tmp_path: Path) -> None:
    held = court(laws.FirstPending())
    client, _ = by_hand(held, tmp_path / "a")
    with pytest.raises(ClientError, match="following state: 'Pending'"):
        client.update_function_configuration(**NAMED, MemorySize=256)
    held.clock.sleep(300)
    forget(held, client)
    shop, count = under(held, tmp_path), len(held.refused("L6"))
    function = a_function(ours(held), tmp_path)
    shop.up(function)
    shop.up(replace(function, memory=256))
    assert len(held.refused("L6")) == count


def test_l7_an_update_lasts_longer_than_its_call(court: Session, tmp_path: Path) -> None:
    held = court(laws.UpdatesTakeTime())
    client, _ = by_hand(held, tmp_path / "a")
    client.update_function_configuration(**NAMED, MemorySize=256)
    with pytest.raises(ClientError, match="An update is in progress"):
        client.publish_version(**NAMED)
    held.clock.sleep(60)
    forget(held, client)
    count = len(held.refused("L7"))
    function, _ = published(held, tmp_path)
    shop = under(held, tmp_path / "f")
    shop.up(with_code(replace(function, memory=256), tmp_path, "two"))
    assert shop.last.writes == ["UpdateFunctionConfiguration", "UpdateFunctionCode"]
    assert len(held.refused("L7")) == count


def test_l8_a_collision_is_not_a_busy_function(court: Session, tmp_path: Path) -> None:
    held = court(laws.NameIsTaken(), LosesOnce("CreateFunction"))
    function, client = a_function(ours(held), tmp_path), naive(held, "lambda")
    with pytest.raises(ReadTimeoutError):
        client.create_function(**plain(function))
    with pytest.raises(ClientError, match=r"ResourceConflictException.+Function already exist: "):
        client.create_function(**plain(function))
    forget(held, client)
    again = court(laws.NameIsTaken(), LosesOnce("CreateFunction"))
    shop = under(again, tmp_path)
    shop.up(a_function(ours(again), tmp_path))
    assert len(again.refused("L8")) == 1, "the lost one sent again, its collision not"


def test_l9_the_revision_of_an_answer_is_stale(court: Session, tmp_path: Path) -> None:
    held = court(laws.RevisionMoves())
    client, _ = by_hand(held, tmp_path / "a")
    answer = client.update_function_configuration(**NAMED, MemorySize=256)
    with pytest.raises(ClientError, match="Revision Id provided does not match"):
        client.publish_version(**NAMED, RevisionId=answer["RevisionId"])
    forget(held, client)
    count = len(held.refused("L9"))
    _, version = published(held, tmp_path)
    under(held, tmp_path / "v").up(version)
    assert len(held.refused("L9")) == count


def test_l10_who_was_overtaken_reads_again(court: Session, tmp_path: Path) -> None:
    law = laws.RevisionOvertaken(chance=1)
    held = court(law)
    client, _ = by_hand(held, tmp_path / "a")
    seen = client.get_function(**NAMED)["Configuration"]["RevisionId"]
    with pytest.raises(ClientError, match="Revision Id provided does not match"):
        client.publish_version(**NAMED, RevisionId=seen)
    forget(held, client)
    _, version = published(held, tmp_path)
    law.refused.clear()
    shop = under(held, tmp_path / "v")
    shop.run(one_node(version), "up")
    assert shop.last.writes == ["PublishVersion", "PublishVersion"]


def test_l11_only_what_was_meant_is_published(court: Session, tmp_path: Path) -> None:
    held = court(laws.PublishedAsMeant())
    client, function = by_hand(held, tmp_path / "a")
    client.update_function_code(**NAMED, ZipFile=a_bundle("of somebody else").content)
    with pytest.raises(ClientError, match="is different from current CodeSHA256 in"):
        client.publish_version(**NAMED, CodeSha256=function.code_sha256)
    shop, count = under(held, tmp_path / "v"), len(held.refused("L11"))
    with pytest.raises(ConcurrentChange):
        shop.run(one_node(version_of(function)), "up")
    assert len(held.refused("L11")) == count


def test_l15_statements_are_written_one_by_one(court: Session, tmp_path: Path) -> None:
    held = court(laws.OnePolicyWriter(chance=1))
    client, _ = by_hand(held, tmp_path / "a")
    client.publish_version(**NAMED)
    client.create_alias(**NAMED, Name="live", FunctionVersion="1")
    statement: dict[str, Any] = {
        **NAMED,
        "Qualifier": "live",
        "Action": "lambda:InvokeFunction",
        "Principal": "events.amazonaws.com",
    }
    client.add_permission(**statement, StatementId="one")
    with pytest.raises(ClientError, match="concurrent update"):
        client.add_permission(**statement, StatementId="two")
    with pytest.raises(ClientError, match=r"The statement id .one. provided already exists"):
        client.add_permission(**statement, StatementId="one")
    shop = under(held, tmp_path)
    want = Permission(
        function=NAME,
        qualifier="live",
        statement="one",
        principal="apigateway.amazonaws.com",
        source="arn:aws:execute-api:us-east-1:123456789012:abc/*",
    )
    client.remove_permission(**NAMED, Qualifier="live", StatementId="one")
    shop.up(want)
    held.clock.sleep(5)
    shop.up(replace(want, source=f"{want.source}/GET"))
    shop.stays(replace(want, source=f"{want.source}/GET"))


def test_l31_a_version_just_published_is_pending(court: Session, tmp_path: Path) -> None:
    held = court(laws.VersionsArePendingToo())
    client, _ = by_hand(held, tmp_path / "a")
    number = client.publish_version(**NAMED)["Version"]
    with pytest.raises(ClientError, match="following state: Pending"):
        client.invoke(**NAMED, Qualifier=number)
    shop = under(held, tmp_path / "v")
    shop.up(Alias(function=NAME, name="live", version=number))
    assert len(held.refused("L31")) > 1


class NoRoom(Law):
    """All calls that the function may take at once are under way, or it is stopped."""

    ROW = "throttle"
    SERVICE = "lambda"
    OPERATIONS = frozenset({"Invoke"})

    def __init__(self, until: float) -> None:
        self.until = until

    def before(self, call: Call, world: World) -> Refusal | None:
        full = world.now() < self.until
        return Refusal("TooManyRequestsException", "Rate Exceeded.", 429) if full else None


def test_a_function_that_takes_no_call_now_is_waited_for(court: Session, tmp_path: Path) -> None:
    law = NoRoom(until=0)
    held = court(law)
    client, _ = by_hand(held, tmp_path / "a")
    number = client.publish_version(**NAMED)["Version"]
    aws = ours(held)
    law.until = aws.clock.now() + 20
    assert check_import(aws, NAME, number) == ""
    assert aws.calls.retried > 1
    aws = ours(held)
    law.until, began = float("inf"), aws.clock.now()
    assert check_import(aws, NAME, number) == "Lambda accepted no call (TooManyRequestsException)"
    assert aws.clock.now() - began < 60, "it may have been stopped for good"


@pytest.mark.parametrize("law", [laws.EachLayerIsNew, AnswersGetLost])
def test_l24_x1_a_layer_is_published_once(
    court: Session, tmp_path: Path, law: type[laws.EachLayerIsNew | AnswersGetLost]
) -> None:
    held = court(law())
    bundle = a_bundle("one")
    path = tmp_path / "layer.zip"
    path.write_bytes(bundle.content)
    client = naive(held, "lambda")
    for _ in range(2):  # what botocore does by itself
        try:
            client.publish_layer_version(LayerName="a", Content={"ZipFile": bundle.content})
        except (ClientError, ReadTimeoutError):
            continue
    assert len(client.list_layer_versions(LayerName="a")["LayerVersions"]) == 2
    layer = Layer(
        name="b",
        sha256=bundle.sha256,
        runtimes=("python3.13",),
        architectures=("arm64",),
        zip=str(path),
    )
    again = court(law())
    under(again, tmp_path).up(layer)
    assert len(again.refused(law.ROW)) == 1
    assert len(client.list_layer_versions(LayerName="b")["LayerVersions"]) == 1


def test_l27_a_deleted_function_is_there_for_a_while(court: Session, tmp_path: Path) -> None:
    held = court(laws.DeletingTakesTime())
    client, function = by_hand(held, tmp_path / "a")
    client.get_function(**NAMED)
    client.delete_function(**NAMED)
    assert client.get_function(**NAMED)["Configuration"]["State"] == "Deleting"
    with pytest.raises(ClientError, match="Function already exist"):
        client.create_function(**plain(function))
    held.clock.sleep(120)
    shop, count = under(held, tmp_path), len(held.refused("L27"))
    for _ in range(2):
        shop.up(function)
        shop.down(function)
    assert len(held.refused("L27")) == count


def test_l30_one_that_sleeps_is_fine_and_is_woken_up(court: Session, tmp_path: Path) -> None:
    held = court(laws.IdleFunctionsSleep())
    function = under(held, tmp_path).up(a_function(ours(held), tmp_path))
    assert isinstance(function, Function)
    client = naive(held, "lambda")
    client.get_function(**NAMED)
    held.clock.sleep(laws.IdleFunctionsSleep.TWO_WEEKS)
    assert client.get_function(**NAMED)["Configuration"]["State"] == "Inactive"
    shop = under(held, tmp_path)
    shop.stays(function)
    shop.up(replace(function, memory=function.memory * 2), within=60)
    with pytest.raises(ClientError, match="following state: Pending"):
        client.invoke(**NAMED)
    assert ours(held).lambda_.invoke(**NAMED)["StatusCode"] == 200


def test_l32_logging_left_out_goes_back_to_its_default(court: Session, tmp_path: Path) -> None:
    held = court(laws.LoggingIsReplaced())
    wanted = a_function(ours(held), tmp_path)
    shop, client = under(held, tmp_path), naive(held, "lambda")
    shop.up(wanted)

    def logging() -> Any:
        return client.get_function_configuration(**NAMED)["LoggingConfig"]

    whole = logging()
    assert whole["LogGroup"] == wanted.log_group
    client.update_function_configuration(**NAMED, LoggingConfig={"LogFormat": "JSON"})
    assert logging()["LogGroup"] == f"/aws/lambda/{NAME}", "a naive client only named the format"
    levels = {"ApplicationLogLevel": "FATAL", "SystemLogLevel": "WARN"}
    client.update_function_configuration(**NAMED, LoggingConfig={**whole, **levels})
    finding = shop.run(one_node(wanted), "up").changes["it"]
    assert [diff.field for diff in finding.diffs] == ["strays"]
    assert vars(finding.have)["strays"] == (
        "application log level FATAL",
        "system log level WARN",
    )
    assert logging() == whole
    shop.stays(wanted)


def test_l33_what_nobody_asked_for_is_shown_and_no_difference(
    court: Session, tmp_path: Path
) -> None:
    held = court(laws.MoreIsShown())
    wanted = a_function(ours(held), tmp_path)
    shop = under(held, tmp_path)
    shop.up(wanted)
    shown = naive(held, "lambda").get_function(**NAMED)["Configuration"]
    assert {"RuntimeVersionConfig", "SnapStart"} <= shown.keys()
    shop.stays(wanted)

"""A push brings code live in six calls, writes nothing else, and may die anywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from provision.model.step import OWNER
from provision.state.journal import Journal
from provision.steps import KINDS
from provision.workflows.push import NotPushed
from tests.integration.push.conftest import NAME, NEW, Functions, live
from tests.support.harness import HOLDER, Died, Recorder, Where, new_aws
from tests.unit.steps.lambda_world import Refusing

PUSHED = ["UpdateFunctionCode", "PublishVersion", "Invoke", "UpdateAlias"]


def test_six_calls_and_what_is_waited_for(functions: Functions) -> None:
    outcome = functions.push(recorder := Recorder())
    assert recorder.writes == PUSHED
    # After the first observation: the update's end, the version's guard, the version ready.
    assert Counter(recorder.reads) == {"GetFunction": 1 + 3, "GetAlias": 1}
    assert live() == ("2", functions.sources.function("items").code_sha256)
    assert {n: f.action.value for n, f in outcome.changes.items()} == {
        "function.items": "update",
        "function.items.version": "replace",
        "function.items.alias": "update",
    }
    assert functions.actions() == {"keep"}


def test_what_has_not_changed_is_read_twice_and_not_written(functions: Functions) -> None:
    functions.push()
    outcome = functions.push(recorder := Recorder())
    assert recorder.writes == []
    assert sorted(recorder.reads) == ["GetAlias", "GetFunction"]
    assert {f.action.value for f in outcome.changes.values()} == {"keep"}


def test_going_back_is_a_new_version(functions: Functions) -> None:
    before = live()
    functions.push()
    functions.sources.code = "def handler(event, context): return {}\n"
    functions.push()
    assert live() == ("3", before[1])


def test_older_versions_stay_until_up_publishes(functions: Functions) -> None:
    for number in range(5):
        functions.sources.code = f"handler = {number}\n"
        functions.push(recorder := Recorder())
        assert recorder.writes == PUSHED
    functions.sources.code = "handler = str\n"
    functions.up()
    listed = new_aws().lambda_.list_versions_by_function(FunctionName=NAME)["Versions"]
    assert len(listed) == 1 + 5


@pytest.mark.parametrize("recover", [Functions.push, Functions.up])
def test_it_may_die_at_every_write(
    functions: Functions, recover: Callable[[Functions], Any]
) -> None:
    for number, (where, nth) in enumerate(product(Where, (1, 2, 3, 4)), start=2):
        functions.sources.code = f"handler = {number}\n"
        with pytest.raises(Died):
            functions.push(Recorder(die=(where, nth)))
        recover(functions)
        assert live() == (str(number), functions.sources.function("items").code_sha256)
        assert functions.actions() == {"keep"}


def test_a_hand_that_moved_the_alias_meanwhile_is_overtaken(functions: Functions) -> None:
    recorder = Refusing("UpdateAlias", "PreconditionFailedException", times=1)
    functions.push(recorder)
    assert recorder.reads.count("GetAlias") == 2
    assert live()[0] == "2"


def test_code_that_somebody_else_uploaded_is_pushed_over(functions: Functions) -> None:
    package = functions.sources.function("items")
    functions.push()
    functions.sources.code = "other = 1\n"
    other = functions.sources.function("items")
    content = Path(other.zip).read_bytes()
    new_aws().lambda_.update_function_code(FunctionName=NAME, ZipFile=content)
    functions.sources.code = NEW
    functions.push()
    assert live() == ("2", package.code_sha256)
    assert functions.actions() == {"keep"}


def test_other_changes_of_the_configuration_are_left_to_up(functions: Functions) -> None:
    functions.configure({"functions": {"items": {"memory": 1024}}})
    outcome = functions.push()
    assert outcome.changes["function.items"].action.value == "update"
    shown = new_aws().lambda_.get_function(FunctionName=NAME)["Configuration"]
    assert shown["MemorySize"] == 512
    findings = functions.workshop.run(functions.stack, "plan").changes
    assert [c.field for c in findings["function.items"].diffs] == ["memory"]


def memory_by_hand() -> None:
    new_aws().lambda_.update_function_configuration(FunctionName=NAME, MemorySize=3000)


def tags_by_hand() -> None:
    aws = new_aws()
    arn = aws.location.arn("lambda", f"function:{NAME}")
    aws.lambda_.untag_resource(Resource=arn, TagKeys=[OWNER])


def weights_by_hand() -> None:
    aws = new_aws().lambda_
    aws.update_function_configuration(FunctionName=NAME, Description="a canary")
    number = aws.publish_version(FunctionName=NAME)["Version"]
    aws.update_function_configuration(FunctionName=NAME, Description="items of tap-dev")
    aws.update_alias(
        FunctionName=NAME,
        Name="live",
        RoutingConfig={"AdditionalVersionWeights": {number: 0.1}},
    )


def alias_by_hand() -> None:
    new_aws().lambda_.delete_alias(FunctionName=NAME, Name="live")


def function_by_hand() -> None:
    new_aws().lambda_.delete_function(FunctionName=NAME)


@pytest.mark.parametrize(
    ("by_hand", "words"),
    [
        (memory_by_hand, "drifted in memory"),
        (tags_by_hand, "does not belong to this stack"),
        (weights_by_hand, "shares its calls with version 2"),
        (alias_by_hand, "function.items.alias is gone"),
        (function_by_hand, f"{NAME} is gone"),
    ],
)
def test_what_is_not_as_recorded_is_not_published(
    functions: Functions, by_hand: Callable[[], None], words: str
) -> None:
    by_hand()
    recorder = Recorder()
    with pytest.raises(NotPushed, match=words) as told:
        functions.push(recorder)
    assert "`provision up" in told.value.hint
    assert recorder.writes == []


def test_what_code_is_written_for_goes_with_it(functions: Functions) -> None:
    changes = {"runtime": "python3.14", "handler": "app.tracer", "architecture": "x86_64"}
    for field, value in changes.items():
        functions.configure({"functions": {"items": {field: value}}})
        with pytest.raises(NotPushed, match=field) as told:
            functions.push(recorder := Recorder())
        assert "`provision up`" in told.value.hint
        assert recorder.writes == []


def test_a_layer_of_other_packages_is_not_left_behind(functions: Functions) -> None:
    functions.sources.layer_text = "x = 2\n"
    with pytest.raises(NotPushed, match=r"layer\.dependencies"):
        functions.push(recorder := Recorder())
    assert recorder.writes == []


def test_without_its_records_nothing_is_pushed(functions: Functions) -> None:
    for node in ("function.items.role", "function.items.alias", "function.items"):
        journal = Journal(functions.workshop.directory, "tap-dev", KINDS).open(HOLDER)
        journal.done(node, None)
        journal.close()
        with pytest.raises(NotPushed, match=f"{node} is not recorded") as told:
            functions.push(recorder := Recorder())
        assert "`provision up`" in told.value.hint
        assert recorder.writes == []

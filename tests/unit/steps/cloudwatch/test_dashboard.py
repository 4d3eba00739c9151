"""The dashboard: the contract, and the owner tag in its body."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from provision.plan.change import Action
from provision.plan.options import PlanOptions
from provision.steps.cloudwatch.dashboard import Dashboard
from provision.unknown import UNKNOWN
from tests.support.harness import Workshop, new_aws, one_node
from tests.unit.steps.contract import StepContract

BODY: dict[str, Any] = {
    "widgets": [
        {
            "type": "metric",
            "x": 0,
            "y": 0,
            "width": 12,
            "height": 6,
            "properties": {
                "title": "Errors",
                "region": "us-east-1",
                "metrics": [["AWS/Lambda", "Errors", "FunctionName", "tap-dev-items"]],
            },
        },
        {"type": "text", "y": 6, "height": 2, "properties": {"markdown": "Read the guide"}},
    ]
}
DASHBOARD = Dashboard(name="tap-dev-us-east-1", body=BODY, tags={"team": "a"})


class TestDashboard(StepContract):
    edits: ClassVar = {
        "body": {"start": "-PT6H", "widgets": BODY["widgets"][:1]},
        "tags": {"team": "b", "more": "c"},
    }
    fixed_edits: ClassVar = {"name": "tap-dev-eu-west-1"}

    def given(self, aws: Any) -> Dashboard:
        return DASHBOARD


def body_now() -> dict[str, Any]:
    text = new_aws().cloudwatch.get_dashboard(DashboardName=DASHBOARD.name)["DashboardBody"]
    body: dict[str, Any] = json.loads(text)
    return body


def put(body: dict[str, Any]) -> None:
    new_aws().cloudwatch.put_dashboard(DashboardName=DASHBOARD.name, DashboardBody=json.dumps(body))


def test_owner_stands_below_everything_else(workshop: Workshop) -> None:
    workshop.run(one_node(DASHBOARD), "up")
    widgets = body_now()["widgets"]
    assert widgets[:2] == BODY["widgets"]
    assert widgets[2]["y"] == 8
    assert widgets[2]["properties"] == {"markdown": "provision:owner = tap-dev/it"}
    assert len(widgets) == 3


def test_owner_is_put_in_once() -> None:
    twice = DASHBOARD.with_owner("tap-dev/it").with_owner("tap-dev/other")
    assert twice == DASHBOARD.with_owner("tap-dev/other")


def test_body_known_only_after_up_has_no_owner_yet() -> None:
    unknown = Dashboard(name="d", body=UNKNOWN)
    assert unknown.with_owner("tap-dev/it").body is UNKNOWN


def test_somebody_elses_is_adopted_only_when_told(workshop: Workshop) -> None:
    stack = one_node(DASHBOARD)
    workshop.run(one_node(DASHBOARD, stack="other-dev"), "up")
    workshop.forget()
    assert workshop.run(stack, "plan").changes["it"].action is Action.FOREIGN
    workshop.run(stack, "down")
    assert body_now()
    workshop.run(stack, "up", plan_options=PlanOptions(adopt=frozenset({"it"})))
    assert workshop.run(stack, "up").changes["it"].action is Action.KEEP


def test_one_without_an_owner_is_somebody_elses(workshop: Workshop) -> None:
    put(BODY)
    assert workshop.run(one_node(DASHBOARD), "plan").changes["it"].action is Action.FOREIGN
    put({"widgets": []})
    assert workshop.run(one_node(DASHBOARD), "plan").changes["it"].action is Action.FOREIGN


@pytest.mark.parametrize("remembers", [True, False])
@pytest.mark.parametrize("left", [{"widgets": []}, BODY, {"start": "-PT1H"}])
def test_without_the_line_that_names_the_owner_it_is_ours_by_its_tag(
    workshop: Workshop, left: dict[str, Any], remembers: bool
) -> None:
    """The line looks like noise, and a body is often replaced as a whole."""
    workshop.run(one_node(DASHBOARD), "up")
    put(left)
    if not remembers:
        workshop.forget()
    finding = workshop.run(one_node(DASHBOARD), "plan").changes["it"]
    assert (finding.action, [diff.field for diff in finding.diffs]) == (
        Action.UPDATE,
        ["body"],
    )
    workshop.run(one_node(DASHBOARD), "up")
    assert body_now()["widgets"][2]["properties"] == {"markdown": "provision:owner = tap-dev/it"}
    put(left)
    workshop.run(one_node(DASHBOARD), "down")
    assert workshop.last.writes == ["DeleteDashboards"]


def test_a_line_copied_into_another_stacks_dashboard_makes_it_nobodys(workshop: Workshop) -> None:
    workshop.run(one_node(DASHBOARD, stack="other-dev"), "up")
    put(dict(DASHBOARD.with_owner("tap-dev/it").body))
    workshop.forget()
    assert workshop.run(one_node(DASHBOARD), "plan").changes["it"].action is Action.FOREIGN


def test_one_without_the_tag_is_ours_by_its_line_and_gets_it(workshop: Workshop) -> None:
    """An older version of this tool made it so."""
    put(dict(DASHBOARD.with_owner("tap-dev/it").body))
    workshop.run(one_node(DASHBOARD), "up")
    assert workshop.last.writes == ["TagResource"]


def test_changed_by_hand_is_put_back(workshop: Workshop) -> None:
    workshop.run(one_node(DASHBOARD), "up")
    body = body_now()
    body["widgets"][0]["properties"]["title"] = "Failures"
    put(body)
    workshop.run(one_node(DASHBOARD), "up")
    assert workshop.last.writes == ["PutDashboard"]
    assert body_now()["widgets"][0]["properties"]["title"] == "Errors"


def test_tags_change_without_the_body_being_put_again(workshop: Workshop) -> None:
    workshop.run(one_node(DASHBOARD), "up")
    workshop.run(one_node(replace(DASHBOARD, tags={"team": "b"})), "up")
    assert workshop.last.writes == ["TagResource"]


def test_aws_remarks_are_passed_on(account: None) -> None:
    heard: list[str] = []
    aws = new_aws()
    aws.on_wait(heard.append)

    def remark(parsed: dict[str, Any], **_: Any) -> None:
        parsed["DashboardValidationMessages"] = [{"DataPath": "/", "Message": "odd height"}]

    aws.cloudwatch.meta.events.register("after-call.cloudwatch.PutDashboard", remark)
    DASHBOARD.create(aws)
    assert heard == ["AWS remarks on dashboard tap-dev-us-east-1: odd height"]


def test_where_dashboards_have_no_tags_it_is_found_all_the_same(workshop: Workshop) -> None:
    workshop.run(one_node(DASHBOARD), "up")
    aws = new_aws()

    def unknown(http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
        http_response.status_code = 404
        parsed["Error"] = {"Code": "ResourceNotFoundException", "Message": "no such resource"}

    aws.cloudwatch.meta.events.register("after-call.cloudwatch.ListTagsForResource", unknown)
    seen = DASHBOARD.observe(aws)
    assert seen is not None
    assert seen.tags == {}

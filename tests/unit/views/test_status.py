"""The dashboard in any window: trouble first, a sign for each state, the numbers always shown."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from moto import mock_aws
from rich.console import Console

from provision.commands.invocation import Invocation
from provision.model.step import with_computed
from provision.plan.change import Action, Cause, FieldDiff, ResourceChange
from provision.steps.apigateway.api_key import ApiKey
from provision.steps.cloudwatch.alarm import Alarm
from provision.views.console import BOUNDLESS, print_page
from provision.views.signs import SIGNS
from provision.views.status import Heading, status_screen
from provision.workflows.health import CONFIRMED, FIRING, UNCONFIRMED, Health, Traffic
from provision.workflows.troubles import FINE, State, states_of, troubles
from tests.conformance.permissions.lifecycle import FULL
from tests.support.harness import REGION, new_aws
from tests.support.sample_stack import reference_stack

HEADING = Heading("tap-dev", "dev", "123456789012", REGION, "https://a1b2c3.execute-api/v1")
WINDOWS = [(80, 23), (160, 49), (40, 11)]
"""Columns and lines of common windows, without the line that `--watch` keeps."""
CALLS = (3.0, 5.0, 10.0, 11.0, 40.0, 100.0, 90.0, 70.0, 30.0, 10.0, 4.0, 0.0)
QUIET = Traffic(CALLS, (0.0,) * 12, (41.0,) * 12)
ALARM = "monitoring.alarm.function-items-errors"
QUEUE = "function.items.dead_letters"
SILENT = "no alarm is delivered until ops@example.com follows the link in AWS's mail"


@dataclass(frozen=True)
class World:
    """An observed stack."""

    findings: Mapping[str, ResourceChange]
    health: Health = field(default_factory=Health)

    def but(self, **nodes: Mapping[str, Any]) -> World:
        """Return the world with other changes; `__` in a name means a dot."""
        changed = {name.replace("__", "."): more for name, more in nodes.items()}
        found = {n: replace(f, **changed.get(n, {})) for n, f in self.findings.items()}
        assert changed.keys() <= found.keys()
        return replace(self, findings=found)

    def faring(self, **health: Any) -> World:
        return replace(self, health=replace(self.health, **health))

    def lines(
        self, width: int = BOUNDLESS, height: int | None = None, *, every_node: bool = False
    ) -> list[str]:
        """Return the lines of the screen, without colour."""
        page = status_screen(
            HEADING,
            self.findings,
            self.health,
            width=width,
            height=height,
            every_node=every_node,
        )
        shown = io.StringIO()
        terminal = width < BOUNDLESS
        console = Console(file=shown, width=width, force_terminal=terminal, color_system=None)
        print_page(console, page)
        return shown.getvalue().splitlines()


@pytest.fixture(scope="module")
def well(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return the stack with every optional section, in its wanted state."""
    findings = {}
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setattr(os, "environ", os.environ | {"AWS_ACCESS_KEY_ID": "testing"})
        stack = reference_stack(new_aws(), tmp_path_factory.mktemp("stack"), FULL)
        wanted: dict[str, Any] = {}
        for name, node in stack.nodes.items():
            want = with_computed(node.build(wanted), None)
            wanted[name] = want
            have = replace(want, retired=()) if isinstance(want, ApiKey) else want
            findings[name] = ResourceChange(
                name, node.needs, want.KIND, want, have, (), Action.KEEP
            )
    alarms = [n for n, f in findings.items() if f.kind == "cloudwatch.alarm"]
    return World(
        findings,
        Health(
            versions={"function.items": "7"},
            stages={"api.stage": "v1"},
            alarms=dict.fromkeys(alarms, "OK"),
            dead_letters={QUEUE: 0},
            subscriptions={"monitoring.email": CONFIRMED},
            traffic={"function.items": QUIET},
        ),
    )


def change(name: str, want: Any, have: Any, cause: Cause = Cause.DRIFT) -> FieldDiff:
    return FieldDiff(name, want, have, fixed=False, cause=cause)


@pytest.fixture
def ill(well: World) -> World:
    """Return a stack with every possible problem at once, each at its own node."""
    since = (datetime.now(UTC) - timedelta(minutes=12, seconds=5)).isoformat()
    return well.but(
        table__items={
            "action": Action.UPDATE,
            "diffs": (change("ttl", "expires_at", None), change("protect", True, False)),
        },
        function__items={
            "action": Action.UPDATE,
            "diffs": (change("memory", 512, 128, Cause.CONFIG),),
        },
        function__items__alias={"action": Action.BLOCKED, "reason": "needs api.key.default"},
        api__key__default={
            "action": Action.FOREIGN,
            "reason": "not ours",
            "unblock_hint": "adopt it",
        },
        monitoring__dashboard={"action": Action.CREATE, "have": None, "cause": Cause.DRIFT},
        network__flow_logs={"action": Action.DELETE, "want": None, "cause": Cause.REMOVED},
    ).faring(
        alarms={
            **well.health.alarms,
            ALARM: FIRING,
            "monitoring.alarm.api-5xx": "INSUFFICIENT_DATA",
        },
        firing_since={ALARM: since},
        dead_letters={QUEUE: 3},
        subscriptions={"monitoring.email": UNCONFIRMED},
        ailments={"api.domain": "its state in AWS is FAILED: why"},
        traffic={"function.items": replace(QUIET, errors=(0.0,) * 9 + (3.0, 2.0, 1.0))},
    )


def numbers_are_there(lines: list[str], errors: int, waiting: int) -> bool:
    """Return whether the last hour's row and the counts of alarms and nodes are shown."""
    title = next((n for n, line in enumerate(lines) if line.startswith("Last hour")), None)
    if title is None:
        return False
    row = lines[title + 1].split()
    numbers = [word for word in row[1:] if word.replace(",", "").isdigit()]
    ends = [line.split()[0] for line in lines[-2:]] == ["Alarms", "Nodes"]
    return (
        ends
        and numbers == ["373", str(errors), "41", str(waiting)]
        and "…" not in "".join(lines[title:])
    )


@pytest.mark.parametrize(("width", "height"), WINDOWS)
def test_all_that_is_to_be_known_is_in_the_window(
    well: World, ill: World, width: int, height: int
) -> None:
    for world, errors, waiting in ((well, 0, 0), (ill, 6, 3)):
        lines = world.lines(width, height)
        assert len(lines) <= height
        assert [line for line in lines if len(line) > width] == []
        assert numbers_are_there(lines, errors, waiting), lines
    assert any(line.endswith("…") for line in ill.lines(40, 11)), "what is cut says so"
    assert "✓ all is well" in well.lines(width, height)[0]
    shown = ill.lines(width, height)
    assert "✗ 10 in trouble" in shown[0]
    signs = [SIGNS[state][0] for state in State if state not in FINE]
    first = [line[0] for line in shown if line and line[0] in signs]
    room = 10 if height > WINDOWS[-1][1] else 5
    assert first[:room] == signs[:room]
    counts = shown[-1]
    assert all(sign in counts for sign in signs) or all(s in counts for s in State if s not in FINE)


@pytest.mark.parametrize(("width", "height"), WINDOWS)
def test_however_much_is_wrong_no_number_is_lost(well: World, width: int, height: int) -> None:
    drifted = {"action": Action.UPDATE, "diffs": (change("tags", {"a": "b"}, {}),) * 9}
    every = {name.replace(".", "__"): drifted for name in well.findings}
    lines = well.but(**every).lines(width, height)
    assert len(lines) <= height
    assert numbers_are_there(lines, 0, 0), lines
    assert f"✗ {len(every)} in trouble" in lines[0]
    cut = [line for line in lines if line.startswith("… and ")]
    listed = sum(line.startswith("≠ ") and "drifted" in line for line in lines)
    if height > WINDOWS[-1][1]:
        assert cut == [f"… and {len(every) - listed} more: `provision status` lists them"]
    else:
        assert any(line.startswith(f"≠ {len(every)} drifted") for line in lines)


def test_many_functions_are_summed_up_and_the_worst_shown(well: World) -> None:
    traffic = {f"function.f{number}": QUIET for number in range(40)}
    traffic["function.f17"] = replace(QUIET, errors=(0.0,) * 11 + (9.0,))
    lines = well.faring(traffic=traffic, dead_letters={"function.f31.dead_letters": 2}).lines(
        80, 23
    )
    title = next(n for n, line in enumerate(lines) if line.startswith("Last hour"))
    rows = [line.split() for line in lines[title + 1 :] if line and line[0] in "af"]
    assert len(lines) <= 23
    assert rows[0][:4] == ["all", "40", "functions", "14,920"]
    assert (rows[0][-3], rows[0][-1]) == ("9", "2")
    assert [row[0] for row in rows[1:3]] == ["f17", "f31"]
    assert len(well.faring(traffic=traffic).lines()) > 40


@pytest.mark.parametrize("width", [24, 40, 60, 80, 200])
@pytest.mark.parametrize("height", [4, 6, 8, 11, 15, 23, 60])
def test_no_window_is_too_small(well: World, ill: World, width: int, height: int) -> None:
    for world in (well, ill):
        lines = world.lines(width, height)
        assert len([line for line in lines if len(line) > width]) == 0
        assert len(lines) <= max(height, 5)


def test_numbers_of_any_size_stay_in_their_columns(well: World) -> None:
    busy = Traffic((8_300_123.0,) * 12, (120_034.0,) * 12, (899_999.0,) * 12)
    world = well.faring(traffic={"function.items": busy}, dead_letters={QUEUE: 1_234_567})
    for width, numbers in (
        (80, ["99,601,476", "1M", "899,999", "1,234,567"]),
        (40, ["99M", "1M", "899,999", "1M"]),
    ):
        lines = world.lines(width, 23)
        title = next(n for n, line in enumerate(lines) if line.startswith("Last hour"))
        row = [word for word in lines[title + 1].split() if word[0].isdigit()]
        assert row == numbers
        assert len(lines[title + 1]) <= len(lines[title])


def test_what_is_printed_once_is_whole_and_trouble_first(ill: World) -> None:
    lines = ill.lines()
    assert [line for line in lines if line != line.rstrip() or "…" in line] == []
    since = lines.index(f"▲ {ALARM} is in ALARM for 12 min  The function items fails")
    at = {
        words: next(n for n, line in enumerate(lines) if line.startswith(words))
        for words in ("◆ function.items.dead_letters holds 3 failed events", "≠ table.items", "✓ ")
    }
    assert since < min(at.values())
    assert at["≠ table.items"] < at["✓ "]
    table = lines[at["≠ table.items"] :][:3]
    assert table == [
        "≠ table.items drifted",
        "    ttl: none, wanted expires_at",
        "    protect: no, wanted yes",
    ]
    for words in (
        "▼ api.domain not working  its state in AWS is FAILED: why",
        "✗ monitoring.dashboard missing  gone from AWS",
        "! api.key.default foreign  not ours",
        "    adopt it",
        "? function.items.alias waiting  needs api.key.default",
        f"○ monitoring.email unconfirmed  {SILENT}",
        "~ function.items outdated  memory: 128, wanted 512",
        "- network.flow_logs to be removed  no longer configured",
        "Alarms  1 firing, 6 ok, 1 without data",
    ):
        assert words in lines
    narrow = ill.lines(60)
    assert [line for line in narrow if len(line) > 60] == []
    solid = "".join("".join(narrow).split())
    for line in lines[2 : lines.index("~ function.items outdated  memory: 128, wanted 512")]:
        assert "".join(line.split()) in solid


def test_healthy_areas_are_a_line_each_and_v_lists_their_nodes(well: World) -> None:
    lines = well.lines(80)
    assert "✓ Network        18 as wanted" in lines
    assert "✓ Lambda         12 as wanted  items v7 live" in lines
    assert "✓ API Gateway    15 as wanted  stage v1" in lines
    assert "vpc" not in "".join(lines)
    every = " ".join(well.lines(80, every_node=True))
    for node in well.findings:
        assert f" ✓ {node.partition('.')[2] or node}" in every, node


def test_every_state_has_one_sign_that_needs_no_colour(ill: World) -> None:
    signs = [sign for sign, _ in SIGNS.values()]
    assert len(set(signs)) == len(State) == len(SIGNS)
    states = states_of(ill.findings, ill.health)
    assert states[ALARM] is State.FIRING
    assert states["monitoring.email"] is State.UNCONFIRMED
    cells = " ".join(ill.lines(80, every_node=True))
    assert "▲ alarm.function-items-errors" in cells
    assert "○ email" in cells
    assert "◆ items.dead_letters" in cells


def test_what_rings_is_red_wherever_it_is_marked(ill: World) -> None:
    """Sign and words of the alarm, its area, its node and the count are bold and red."""
    shown = io.StringIO()
    terminal = Console(file=shown, width=160, force_terminal=True, color_system="standard")
    page = status_screen(HEADING, ill.findings, ill.health, width=160, every_node=True)
    print_page(terminal, page)
    red, end = "\x1b[1;31m", "\x1b[0m"
    drawn = shown.getvalue()
    assert f"{red}✗ 10 in trouble{end}" in drawn
    assert f"{red}▲ {ALARM} is in ALARM for 12 min{end}  The function items fails" in drawn
    assert f"{red}▲{end}\x1b[1m Monitoring     {end} {red}1 firing{end}, " in drawn
    assert f"{red}▲{end}{red} alarm.function-items-errors{end}" in drawn
    assert f"Alarms  {end}{red}1 firing{end}, \x1b[32m6 ok{end}" in drawn
    assert drawn.count("▲") == 3
    few = io.StringIO()
    page = status_screen(HEADING, ill.findings, ill.health, width=80, height=23)
    print_page(Console(file=few, width=80, force_terminal=True, color_system="standard"), page)
    assert f"{red}▲{end}\x1b[1m Monitoring {end}{red}" in few.getvalue()


def test_what_is_both_firing_and_drifted_is_shown_as_firing_and_told_to_be_both(
    ill: World,
) -> None:
    both = ill.but(
        **{
            ALARM.replace(".", "__"): {
                "action": Action.UPDATE,
                "diffs": (change("threshold", 1.0, 5.0),),
            }
        }
    )
    lines = both.lines()
    at = next(n for n, line in enumerate(lines) if line.startswith(f"▲ {ALARM}"))
    assert lines[at].endswith("The function items fails; also drifted")
    assert lines[at + 1] == "    threshold: 5.0, wanted 1.0"


LEADS: Final = {
    "function-items-errors": "its log: `provision logs items --errors --since 15m`",
    "function-items-duration": "its log: `provision logs items --since 15m`",
    "function-items-throttles": "",
    "function-items-dead-letters": "the events: `provision dlq peek items`",
    "api-5xx": "its log: `provision logs --errors --since 15m`",
    "api-latency": "its log: `provision logs --since 15m`",
    "table-items-read-throttles": "",
    "table-items-write-throttles": "",
}


def test_every_alarm_leads_to_what_shows_its_cause(well: World) -> None:
    alarms = [node for node in well.findings if node.startswith("monitoring.alarm.")]
    assert {node.removeprefix("monitoring.alarm.") for node in alarms} == LEADS.keys()
    firing = replace(well.health, alarms=dict.fromkeys(alarms, "ALARM"), dead_letters={QUEUE: 1})
    told = {trouble.node: trouble.remedy for trouble in troubles(well.findings, firing)}
    assert {node: told[node] for node in alarms} == {
        f"monitoring.alarm.{name}": words for name, words in LEADS.items()
    }


def test_failed_events_lead_to_the_command_that_shows_them(well: World) -> None:
    queue = "function.items.dead_letters"
    failed = replace(well.health, dead_letters={queue: 2})
    (trouble,) = troubles(well.findings, failed)
    assert (trouble.node, trouble.remedy) == (queue, "the events: `provision dlq peek items`")


def test_the_command_is_below_its_alarm_unless_there_is_no_room(ill: World) -> None:
    lines = ill.lines()
    at = next(n for n, line in enumerate(lines) if line.startswith(f"▲ {ALARM}"))
    assert lines[at + 1] == f"    {LEADS['function-items-errors']}"
    assert f"    {LEADS['function-items-errors']}" in ill.lines(160, 49)
    assert "provision logs" not in "".join(ill.lines(40, 11))


def test_an_alarm_on_a_function_of_somebody_else_leads_nowhere(ill: World) -> None:
    have = ill.findings[ALARM].have
    assert isinstance(have, Alarm)
    named = replace(have, dimensions={"FunctionName": "x$(ls)"})  # by a user who may write alarms
    other = ill.but(**{ALARM.replace(".", "__"): {"have": named}})
    shown = "".join(other.lines())
    assert "provision logs" not in shown
    assert "$(ls)" not in shown


def test_the_command_is_that_of_this_program_as_it_was_called(ill: World) -> None:
    typed = Invocation(given=(("--env", "dev"),)).expand_hint
    page = status_screen(replace(HEADING, as_typed=typed), ill.findings, ill.health, width=160)
    shown = io.StringIO()
    print_page(Console(file=shown, width=400), page)
    assert re.search(r"`\S* logs items --errors --since 15m --env dev`", shown.getvalue())


def test_digests_are_told_by_what_they_are_of(well: World) -> None:
    code = change("code_sha256", "x" * 44, "y" * 44, Cause.CONFIG)
    world = well.but(function__items__version={"action": Action.REPLACE, "diffs": (code,)})
    assert "~ function.items.version outdated  code changed" in world.lines()


def test_many_differences_are_counted(well: World) -> None:
    many = change("tags", {}, {f"t{number}": "x" for number in range(20)})
    world = well.but(table__items={"action": Action.UPDATE, "diffs": (many,)})
    for lines, listed in ((world.lines(120, 60), 8), (world.lines(), 20)):
        assert sum(line.startswith("    tags.t") for line in lines) == listed
        assert ("    … and 12 more" in lines) == (listed == 8)


def test_where_nothing_is_there_one_line_says_what_to_type(well: World) -> None:
    missing = {"action": Action.CREATE, "have": None, "cause": Cause.CONFIG}
    world = World(well.findings).but(**{n.replace(".", "__"): missing for n in well.findings})
    lines = world.lines(80, 23)
    assert "· not deployed" in lines[0]
    assert "· not deployed: `provision up` creates it" in lines
    assert not [line for line in lines if "✗" in line or "trouble" in line]
    assert "Alarms  none there" in lines


def test_after_down_what_it_leaves_is_no_sign_of_a_stack(well: World) -> None:
    missing = {"action": Action.CREATE, "have": None, "cause": Cause.CONFIG}
    left = {"api.account", "table.items"}
    gone = {n.replace(".", "__"): missing for n in well.findings if n not in left}
    world = World(well.findings).but(**gone)
    lines = world.lines(80, 23)
    assert "· not deployed" in lines[0]
    assert "· not deployed: `provision up` creates it" in lines
    assert any(line.endswith("2 as wanted") for line in lines)
    assert "function.items missing" in " ".join(world.lines(every_node=True))
    del gone["api"]
    assert "in trouble" in World(well.findings).but(**gone).lines(80, 23)[0]


def test_a_failed_import_says_why_the_version_is_not_live(well: World) -> None:
    moved = {"action": Action.UPDATE, "diffs": (change("version", "8", "7", Cause.CONFIG),)}
    why = "version 8 cannot be imported: Runtime.ImportModuleError: No module named 'x'"
    world = well.but(function__items__alias=moved).faring(
        not_imported={"function.items.alias": why}
    )
    lines = world.lines()
    assert f"~ function.items.alias outdated  {why}" in lines
    assert "    callers do not reach it: fix the code, then `provision push`" in lines


def test_an_alarm_of_an_emptied_queue_ends_by_itself(well: World) -> None:
    alarm = "monitoring.alarm.function-items-dead-letters"
    firing = {**well.health.alarms, alarm: FIRING}
    full = well.faring(alarms=firing, dead_letters={QUEUE: 2}).lines()
    assert "are waiting in its dead-letter queue" in " ".join(full)
    emptied = " ".join(well.faring(alarms=firing).lines())
    assert "no event waits in its queue now" in emptied
    assert "ends by itself a few minutes later" in emptied
    assert "are waiting" not in emptied
    assert "dlq peek" not in emptied


def test_text_from_outside_stays_on_its_line(well: World) -> None:
    nasty = "a\n✓ all is well\x1b[2J\r[red]x[/red]"
    world = well.but(
        api__key__default={"action": Action.FOREIGN, "reason": nasty},
        table__items={"action": Action.UPDATE, "diffs": (change("ttl", nasty, None),)},
    )
    odd = ResourceChange(
        f"x.{nasty}", (), "k", None, None, (), Action.FOREIGN
    )  # as a state may have it
    world = replace(world, findings={**world.findings, odd.node: odd})
    for lines in (world.lines(), world.lines(50), world.lines(80, 23), world.lines(40, 11)):
        assert "\x1b" not in "".join(lines)
        assert not any(line.startswith("✓ all is well") for line in lines)
    assert r"a\n✓ all is well\x1b[2J\r[red]x[/red]" in " ".join(world.lines())


def test_every_trouble_is_named_in_a_sentence(ill: World) -> None:
    """These sentences are `health.problems` of the document."""
    sentences = [trouble.sentence for trouble in troubles(ill.findings, ill.health)]
    assert sentences == [
        f"{ALARM} is in ALARM: The function items fails",
        f"{QUEUE} holds 3 failed events",
        "api.domain not working: its state in AWS is FAILED: why",
        "monitoring.dashboard missing: gone from AWS",
        "api.key.default foreign: not ours",
        "table.items drifted: ttl, protect",
        "function.items.alias waiting: needs api.key.default",
        f"monitoring.email unconfirmed: {SILENT}",
        "function.items outdated: memory",
        "network.flow_logs to be removed: no longer configured",
    ]

"""The dashboard with problems, in real windows, each of which shows all of them."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from tests.integration.terminal.conftest import Stack, Stage
from tests.integration.terminal.looks import SIZES, SWEEP, Look
from tests.integration.terminal.terminal import CTRL_C, Size, Terminal

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module")
def troubled(theatre: Stage) -> Stack:
    """Return a stack with a firing alarm, failed events, drift and a deleted resource."""
    stack = theatre.deployed()
    dashboard, logs = f"{stack.name}-local-us-east-1", f"/aws/lambda/{stack.name}-local-items"
    client(theatre, "cloudwatch").delete_dashboards(DashboardNames=[dashboard])
    client(theatre, "logs").put_retention_policy(logGroupName=logs, retentionInDays=1)
    queues = client(theatre, "sqs")
    url = queues.get_queue_url(QueueName=f"{stack.name}-local-items-dead-letters")["QueueUrl"]
    queues.send_message(QueueUrl=url, MessageBody="an event")
    return stack


def client(stage: Stage, service: str) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=f"http://127.0.0.1:{stage.port}",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def shows_all(terminal: Terminal) -> bool:
    """Return whether all is shown; the alarm fires some seconds after the event failed."""
    lines = [line for line in terminal.screen.shown if line]
    signs = {line[0] for line in lines}
    return {"▲", "◆", "✗", "≠"} <= signs and "4 in trouble" in terminal.screen.shown[0]


@pytest.mark.parametrize("size", SIZES if SWEEP else [Size(160, 50), Size(40, 12)], ids=str)
def test_all_trouble_and_all_numbers_are_in_the_window(
    stage: Stage, troubled: Stack, size: Size
) -> None:
    with stage.run(troubled, "status --local --watch", Look(size, "colour")) as terminal:
        terminal.until(lambda: shows_all(terminal))
        lines = list(terminal.screen.shown)
        terminal.type(CTRL_C)
        assert terminal.end() == 130
    assert [line for line in lines if len(line) > size.columns] == []
    numbers = next(n for n, line in enumerate(lines) if line.startswith("Last hour"))
    assert lines[numbers + 1].split()[0] == "items"
    assert lines[numbers + 1].split()[-1] == "1"
    rest = [line for line in lines[numbers + 2 :] if line]
    assert rest[0].startswith("Alarms  1 firing")
    assert rest[1].startswith("Nodes   1")
    assert len(rest) == 2
    assert not any("…" in line for line in (lines[numbers + 1], *rest))

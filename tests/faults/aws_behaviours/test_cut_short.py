"""After a run killed right after a creation that AWS does not show yet, the next one finds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.model.step import Step
from provision.steps.autoscaling.target import ScalingTarget
from provision.steps.dynamodb.table import Table
from provision.steps.sqs.queue import Queue
from tests.faults.aws_behaviours.conftest import Session
from tests.faults.aws_behaviours.frame import Law
from tests.faults.aws_behaviours.harness import SEEDS, under
from tests.faults.aws_behaviours.rules import dynamodb, scaling, sqs
from tests.support.harness import Died, Recorder, Where, new_aws, one_node

SLOW_TO_SHOW: list[tuple[type[Law], Step]] = [
    (dynamodb.NotVisibleAtOnce, Table(name="items", key="id", tags={})),
    (sqs.NotVisibleAtOnce, Queue(name="dead", tags={})),
    (
        scaling.TargetNotVisibleAtOnce,
        ScalingTarget(
            resource="table/items",
            dimension="dynamodb:table:ReadCapacityUnits",
            minimum=5,
            maximum=100,
            tags={},
        ),
    ),
]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("law", "step"), SLOW_TO_SHOW, ids=[law.ROW for law, _ in SLOW_TO_SHOW])
@pytest.mark.parametrize("verb", ["up", "down"])
def test_killed_right_after_the_create(
    court: Session, tmp_path: Path, law: type[Law], step: Step, verb: str, seed: int
) -> None:
    shop = under(court(law(), seed=seed), tmp_path)
    with pytest.raises(Died):
        shop.run(one_node(step), "up", recorder=Recorder(die=(Where.AFTER, 1)))
    if verb == "up":
        shop.up(step, within=90)
        shop.stays(step)
    else:
        shop.down(step, within=90)
        assert step.observe(new_aws()) is None, "left behind"

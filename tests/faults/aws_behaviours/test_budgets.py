"""Each reason to wait has its own budget, which other waits do not use."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.faults.aws_behaviours.conftest import Session, naive, ours
from tests.faults.aws_behaviours.frame import Call, Law, Lost, Refusal, World
from tests.faults.aws_behaviours.wire import Answer


class BusyThenLost(Law):
    """A call is busy for five minutes; then it is carried out, and the answer is lost."""

    ROW = "X1"
    SERVICE = "dynamodb"
    OPERATIONS = frozenset({"DeleteTable"})
    lost = False

    def before(self, call: Call, world: World) -> Refusal | None:
        busy = world.now() < 1300
        return Refusal("ResourceInUseException", "Table is being updated") if busy else None

    def after(self, call: Call, answer: Answer, world: World) -> Lost | None:
        if self.lost:
            return None
        self.lost = True
        return Lost()


def test_a_lost_answer_after_a_long_wait_is_asked_for_again(court: Session) -> None:
    held = court(BusyThenLost())
    naive(held, "dynamodb").create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        ours(held).dynamodb.delete_table(TableName="t")
    assert held.clock.now() > 1300

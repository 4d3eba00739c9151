"""Messages of a dead-letter queue, by whom they were sent."""

from __future__ import annotations

from typing import Any

import pytest

from provision.workflows.letter import parse


@pytest.mark.parametrize(
    "names", [("ErrorCode", "ErrorMessage"), ("ERROR_CODE", "ERROR_MESSAGE")], ids=str
)
def test_lambda_and_scheduler_say_why_in_their_own_attributes(names: tuple[str, str]) -> None:
    told = dict(zip(names, ("429", "Rate Exceeded"), strict=True))
    message: Any = {
        "MessageId": "1",
        "ReceiptHandle": "2",
        "Body": '{"job": "tidy"}',
        "MessageAttributes": {name: {"StringValue": text} for name, text in told.items()},
    }
    letter = parse(message)
    assert (letter.code, letter.error) == ("429", "Rate Exceeded")
    assert letter.event == ({"job": "tidy"},)

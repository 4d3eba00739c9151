"""The function, called as Lambda calls it, with a table that expects one call.

The packages of the layer have to be installed, as README.md says; then
`python -m unittest discover tests` runs this. Nothing is called in AWS.
"""

from __future__ import annotations

import json
import os
import sys
import unittest
from pathlib import Path
from types import SimpleNamespace

from botocore.stub import ANY, Stubber

PROJECT = Path(__file__).resolve().parents[1]
os.environ |= {
    "TABLE_ITEMS": "items",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "POWERTOOLS_SERVICE_NAME": "items",
    "POWERTOOLS_METRICS_NAMESPACE": "items",
    "POWERTOOLS_TRACE_DISABLED": "1",
}
sys.path.insert(0, str(PROJECT / "function"))

import app

CONTEXT = SimpleNamespace(
    function_name="items",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:012345678901:function:items:live",
    aws_request_id="sample",
)


class Items(unittest.TestCase):
    def test_an_item_is_created(self) -> None:
        event = json.loads((PROJECT / "events" / "post-items.json").read_text("utf-8"))
        with Stubber(app.store._client) as table:
            put = {"TableName": "items", "Item": ANY, "ConditionExpression": ANY}
            put |= {"ExpressionAttributeNames": ANY, "ReturnValuesOnConditionCheckFailure": ANY}
            table.add_response("put_item", {}, put)
            found = app.handler(event, CONTEXT)
            table.assert_no_pending_responses()
        self.assertEqual(found["statusCode"], 201)
        self.assertEqual(json.loads(found["body"])["name"], "Lamp")


if __name__ == "__main__":
    unittest.main()

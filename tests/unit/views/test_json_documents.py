"""Every JSON document is built in one place, and all that name a stack begin alike."""

from __future__ import annotations

import json
from pathlib import Path

from provision.errors import NotPermitted
from provision.permissions.policies import Policy
from provision.views.json_documents import (
    keys_document,
    policies_document,
    refresh_document,
    run_document,
)
from provision.views.json_head import error_document
from provision.workflows.refresh import RefreshResult
from tests.support.harness import new_aws
from tests.support.sample_stack import ROOT, reference_site

NOT_DOCUMENTS = {
    "policy.py": "policies as IAM reads them",
    "config.py": "the JSON Schema",
    "invoke.py": "a function's answer",
    "invoke_event.py": "an event",
    "json_logs.py": "a line of --jsonl",
}


def test_documents_are_built_in_one_place() -> None:
    folders = [ROOT / "provision" / name for name in ("cli", "commands", "views")]
    building = {
        file.name
        for folder in folders
        for file in folder.glob("*.py")
        if "json.dumps" in file.read_text("utf-8")
    }
    assert building - NOT_DOCUMENTS.keys() == {"json_head.py"}


def test_documents_of_a_stack_begin_alike(account: None, tmp_path: Path) -> None:
    aws = new_aws()
    inputs = reference_site(aws, tmp_path)
    texts = [
        run_document(inputs, aws.calls, {}, failed={}, outputs={}, seconds=0.0, longest=()),
        refresh_document(inputs, aws.calls, RefreshResult({}, ()), {}, seconds=0.0),
        policies_document(inputs, [Policy("x", {})], {"arn": "y"}),
        keys_document("tap-dev", {}),
    ]
    run, refresh, policies, keys = (list(json.loads(text).items()) for text in texts)
    head = [("schema", 1), ("stack", "tap-dev"), ("environment", "dev"), ("region", "us-east-1")]
    where = ("account", "123456789012")
    assert run[:5] == refresh[:5] == [*head, where]
    assert policies == [
        *head,
        ("arn", "y"),
        ("policies", [{"name": "x", "characters": 2, "document": {}}]),
    ]
    assert keys == [*head[:2], ("keys", [])]


def test_a_command_that_could_observe_nothing_has_a_document_of_its_error() -> None:
    error = NotPermitted("denied", more=["by IAM"])
    assert error_document(error) == json.dumps(
        {
            "schema": 1,
            "error": {
                "exit_code": error.exit_code,
                "code": "not-permitted",
                "message": "denied\nby IAM",
                "hint": None,
            },
        },
        indent=2,
    )

"""Numbers and names that tests import from provision/ are written here, so that none changes.

A test that imports the number it should demand agrees with every change of it.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.sample_stack import ROOT

MIB = 1024 * 1024
WRITTEN: dict[str, Any] = {
    "aws.access.READ_PREFIXES": ("Get", "List", "Describe", "Filter"),
    "cli.completion.SHELLS": ("bash", "zsh", "fish", "powershell"),
    "cli.init.TEMPLATES": ("items", "minimal"),
    "commands.signals.GRACE": 10,
    "commands.status.REFRESH": 5,
    "config.checks.models.DEEPEST": 100,
    "config.checks.models.TYPES": (
        "array",
        "boolean",
        "integer",
        "null",
        "number",
        "object",
        "string",
    ),
    "config.checks.routes.MOST_ROUTES": 2000,
    "config.problems.MOST_TOLD": 50,
    "config.schema.endpoints.SERVICES": {
        **{
            name: name
            for name in (
                *("athena", "comprehend", "events", "glue", "kms", "lambda", "logs", "polly"),
                *("rds-data", "rekognition", "s3", "scheduler", "secretsmanager", "sns", "sqs"),
                *("ssm", "states", "sts", "textract", "transcribe", "translate"),
            )
        },
        "bedrock-runtime": "bedrock",
        "kinesis-firehose": "firehose",
        "kinesis-streams": "kinesis",
        "monitoring": "cloudwatch",
    },
    "config.schema.types.NAME": r"^[a-z]([a-z0-9-]*[a-z0-9])?$",
    "engine.executor.MAX_UNKNOWN_OUTCOMES": 6,
    "engine.executor.VERIFY_DELAYS": (0.3, 0.7, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0),
    "engine.engine.REAPPEAR_DELAY": 30.0,
    "engine.prefetch.VISIBILITY_DELAYS": (1, 2, 4, 8),
    "files.LARGEST": 16 * MIB,
    "installation.DISTRIBUTION": "provision-serverless",
    "local.ACCOUNT": "000000000000",
    "local.limitations.ACCOUNT": "000000000000",
    "local.limitations.CREDENTIALS": ("test", "test"),
    "local.limitations.HOST": "127.0.0.1",
    "local.limitations.IDENTITY": "/_provision",
    "model.iam.ANY_RESOURCE": "*",
    "model.step.OWNER": "provision:owner",
    "packaging.archive.ZIPPED_LIMIT": 50 * MIB,
    "packaging.cache.KEPT_SECONDS": 30 * 24 * 3600,
    "packaging.file_watch.POLL": 0.25,
    "packaging.file_watch.QUIET": 0.3,
    "packaging.exclusion.DEFAULT": (
        *("/tests/", "/test/", "/test_*.py", "/conftest.py", "*.env", "*.key", "*key.pem"),
        *("*.p12", "*.pfx", "id_rsa", "id_ecdsa", "id_ed25519"),
    ),
    "packaging.folder.MOST_DEEP": 100,
    "packaging.folder.MOST_FILES": 65535,
    "packaging.requirements.FILE": "requirements.txt",
    "packaging.requirements.MOST_BYTES": MIB,
    "packaging.requirements.MOST_FAULTS": 20,
    "permissions.policies.MOST_CHARACTERS": 6144,
    "permissions.requirements.DELETE": "remove",
    "permissions.requirements.READ": "look",
    "permissions.requirements.WRITE": "make",
    "sanitizing.masking.MASKED": "(masked)",
    "stack.api.ACCOUNT_ROLE": "provision-api-gateway-logs",
    "steps.acm.reading.ISSUED_BUDGET": 75 * 60,
    "steps.apigateway.api_key.RETIRED": "provision:retired-on",
    "steps.apigateway.deployment.KEPT": 5,
    "steps.apigateway.stage.MOST_PATCHES": 80,
    "steps.ec2.endpoint.POLICY_SPACE": 20480,
    "steps.iam.role_policies.OWN": "policy",
    "steps.iam.role_policies.SPACE": 10240,
    "steps.iam_policy.VERSION": "2012-10-17",
    "steps.lambda_.import_check.PATIENCE": 60,
    "steps.lambda_.import_check.PAYLOAD": '{"provision": "import check"}',
    "steps.lambda_.import_check.SHOWN": 12,
    "steps.dynamodb.backup.LOST": (1.0, 4.0, 10.0),
    "steps.lambda_.layer.KEPT": 3,
    "steps.lambda_.states.SETTLE_BUDGET": 900,
    "steps.lambda_.version.KEPT": 5,
    "steps.logs.log_group.FOREVER": 0,
    "steps.sns.subscription.UNSUBSCRIBED": "unsubscribed by a link in its mail",
    "steps.wafv2.rules.RATE": "rate",
    "steps.wafv2.web_acl.SCOPE": "REGIONAL",
    "views.console.BOUNDLESS": 1_000_000,
    "views.graph.layout.WIDTH": 800,
    "workflows.checks.round.ANY_ORIGIN": "https://provision-check.example",
    "workflows.checks.http.AT_ONCE": 8,
    "workflows.checks.http.MOST_BYTES": 64 * 1024,
    "workflows.checks.runner.PAUSE": 3.0,
    "workflows.deployer_policy.ONCE": "-new-key",
    "workflows.explanations.lookup.ERRORS_PAGE": "docs/errors.md",
    "workflows.health.CONFIRMED": "confirmed",
    "workflows.health.FIRING": "ALARM",
    "workflows.health.UNCONFIRMED": "unconfirmed",
    "workflows.invoke.LATEST": "latest",
    "workflows.new_project.STAGING": ".provision-init-",
    "workflows.project_files.LONGEST_NAME": 32,
    "workflows.project_files.TEMPLATES": {
        "items": "create, read, list, update and delete of items in a table",
        "minimal": "one function behind one route",
    },
    "config.schema.json_schema.OVERLAYS": "environments",
    "aws.error_codes.ACCESS_DENIED": {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "AuthorizationErrorException",
        "NotAuthorized",
        "UnauthorizedException",
        "UnauthorizedOperation",
    },
    "aws.retry.NON_IDEMPOTENT_CREATES": {
        "CreateApiKey",
        "CreateAuthorizer",
        "CreateBackup",
        "CreateDeployment",
        "CreateKey",
        "CreateModel",
        "CreateRequestValidator",
        "CreateResource",
        "CreateRestApi",
        "CreateSubnet",
        "CreateUsagePlan",
        "CreateVpc",
        "Invoke",
        "PublishLayerVersion",
    },
}
"""Constants below `provision.`, with the value that users, AWS or other versions rely on."""
WALKED: dict[str, str] = {
    "packaging.installer.PASSED_ON": "each of its variables is tried, and one that is not in it",
    "preflight.limits.ANY_TAGGED": "*",
    "preflight.check.NAMING": "each of its names is asked of the page",
    "sanitizing.text.ASCII": "each of its signs is drawn",
    "stack.AREAS": "each of its areas has a node",
    "stack.api.ACCESS_FORMAT": "it is filled with what hostile callers send, and parsed",
    "steps.apigateway.account.TRUST": "the text is what another party's change is put back to",
}
"""Constants that are no oracle: a test iterates over them, or passes them in."""
PLAIN = (str, int, float, tuple, set, frozenset, dict, list)


def imported() -> Iterator[str]:
    """Yield each constant that a test imports, below `provision.`."""
    for path in (ROOT / "tests").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.ImportFrom(module=str() as module, names=names) if module.startswith(
                    "provision"
                ):
                    yield from (
                        f"{module}.{each.name}".partition(".")[2]
                        for each in names
                        if each.name.isupper() and len(each.name) > 1
                    )


def value(name: str) -> Any:
    module, _, constant = f"provision.{name}".rpartition(".")
    return getattr(importlib.import_module(module), constant)


def is_plain(found: Any) -> bool:
    if isinstance(found, dict):
        return all(map(is_plain, found)) and all(map(is_plain, found.values()))
    if isinstance(found, tuple | set | frozenset | list):
        return all(map(is_plain, found))
    return type(found) in PLAIN


@pytest.mark.parametrize("name", WRITTEN)
def test_it_is_what_is_written_here(name: str) -> None:
    assert value(name) == WRITTEN[name]


def test_whatever_plain_value_a_test_takes_from_the_code_is_written_here() -> None:
    taken = {name for name in imported() if is_plain(value(name))}
    assert taken - WALKED.keys() == WRITTEN.keys()
    assert taken >= WALKED.keys()

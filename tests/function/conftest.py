"""The function as Lambda loads it: function/ and the built layer, with a table of moto."""

from __future__ import annotations

import importlib
import io
import json
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from moto import mock_aws

from provision.config import Cors
from provision.config import load as load_config
from provision.packaging.cache import Cache
from provision.packaging.layers import build_layer
from tests.function.dynamodb import refuse

ROOT = Path(__file__).parents[2]
FUNCTION = ROOT / "function"


def shipped_cors() -> Cors:
    cors = load_config(ROOT / "config.yaml", environment=None).api.cors
    assert cors
    return cors


CORS = shipped_cors()
ENVIRONMENT = {
    "TABLE_ITEMS": "shop-test-items",
    "EXPIRE_ATTRIBUTE_ITEMS": "gone_after",
    "EXPIRE_DAYS_ITEMS": "30",
    "CORS_ORIGIN": "*",
    "CORS_HEADERS": ",".join(CORS.headers),
    "CORS_EXPOSE": ",".join(CORS.expose),
    "CORS_MAX_AGE": "600",
    "LOG_LEVEL": "INFO",
    "POWERTOOLS_SERVICE_NAME": "items",
    "POWERTOOLS_METRICS_NAMESPACE": "shop-test",
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
}
GRANTED = {
    (f"dynamodb:{operation}", ENVIRONMENT["TABLE_ITEMS"])
    for operation in ("DeleteItem", "GetItem", "PutItem", "Scan", "UpdateItem")
}
"""The role's grants; test_calls.py compares them with the role's policies."""
ALWAYS_READABLE = {"cache-control", "content-type", "vary"}
"""Headers that a page can read in any answer, and the one that is for caches."""
READING = {"ssm": "ssm:GetParameter", "secretsmanager": "secretsmanager:GetSecretValue"}
"""The role's grant on each secret that the environment names."""


def granted_by(settings: Mapping[str, str]) -> set[tuple[str, str]]:
    """Return all that the role of a function with this environment grants to its code."""
    kept = (value.partition(":") for value in settings.values())
    return GRANTED | {(READING[keeper], name) for keeper, _, name in kept if keeper in READING}


@dataclass(frozen=True)
class Lambda:
    """Lambda's second argument, the context."""

    function_name: str = "shop-test-items"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:items:live"
    aws_request_id: str = "lambda-request-1"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def document(self) -> Any:
        return json.loads(self.text)

    @property
    def error(self) -> Any:
        return self.document["error"]

    @property
    def fields(self) -> set[str]:
        return {detail["field"] for detail in self.error["details"]}


def request(
    method: str,
    item_id: str | None = None,
    *,
    body: Any = None,
    query: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    resource: str | None = None,
) -> dict[str, Any]:
    """Return a Lambda proxy event of API Gateway, under a custom domain's base path."""
    resource = resource or ("/items" if item_id is None else "/items/{id}")
    path = "/base" + resource.replace("{id}", item_id or "")
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": headers or {},
        "multiValueHeaders": {name: [value] for name, value in (headers or {}).items()},
        "queryStringParameters": query,
        "multiValueQueryStringParameters": {k: [v] for k, v in (query or {}).items()} or None,
        "pathParameters": None if item_id is None else {"id": item_id},
        "stageVariables": None,
        "requestContext": {
            "requestId": "chosen-by-the-caller",
            "extendedRequestId": "gateway-request-1",
            "path": path,
            "stage": "v1",
            "httpMethod": method,
            "resourcePath": resource,
        },
        "body": body if body is None or isinstance(body, str) else json.dumps(body),
        "isBase64Encoded": False,
    }


@dataclass
class Function:
    """The loaded function, its table, and a clock the test may set."""

    app: ModuleType
    table: Any
    now: float = 1_800_000_000.0
    requests: int = 0
    called: set[tuple[str, str]] = field(default_factory=set)
    """The calls its code made with any client: IAM's action, and the table or secret."""
    answered: set[str] = field(default_factory=set)
    """The names of all headers in its answers, in lower case."""

    def invoke(self, event: Any) -> Any:
        self.requests += 1
        # pytest changes standard output between a fixture and its test; Lambda never does.
        self.app.logger.registered_handler.stream = sys.stdout
        client: Any = BaseClient
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(client, "_make_api_call", self._noting(client._make_api_call))
            return self.app.handler(event, Lambda(aws_request_id=f"lambda-request-{self.requests}"))

    def _noting(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def note(client: BaseClient, operation: str, params: dict[str, Any]) -> Any:
            action = f"{client.meta.service_model.signing_name}:{operation}"
            refuse(operation, params)
            named = (params[key] for key in ("TableName", "Name", "SecretId") if key in params)
            self.called.add((action, next(named, "")))
            return call(client, operation, params)

        return note

    def call(self, method: str, item_id: str | None = None, **parts: Any) -> Answer:
        answer = self.invoke(request(method, item_id, **parts))
        headers = {name: values[0] for name, values in answer["multiValueHeaders"].items()}
        self.answered |= {name.lower() for name in headers}
        return Answer(answer["statusCode"], headers, answer["body"])

    def fail(self, operation: str, error: Exception) -> None:
        def raise_it(**_: Any) -> None:
            raise error

        events = self.app.store._client.meta.events
        events.register(f"before-call.dynamodb.{operation}", raise_it)


@pytest.fixture(scope="session")
def layer_path(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert pytestconfig.cache is not None
    bundle = build_layer(
        ROOT / "layer",
        runtime="local",
        architecture="x86_64",
        cache=Cache(pytestconfig.cache.mkdir("layers")),
    )
    folder = tmp_path_factory.mktemp("layer")
    with zipfile.ZipFile(io.BytesIO(bundle.content)) as archive:
        archive.extractall(folder)
    return folder / "python"


def load(monkeypatch: pytest.MonkeyPatch, layer_path: Path) -> ModuleType:
    """Return function/app.py, imported again; `forget` removes the modules it imported."""
    monkeypatch.syspath_prepend(str(FUNCTION))
    # At the end: what this environment has as well is loaded once, from here.
    monkeypatch.setattr(sys, "path", [*sys.path, str(layer_path)])
    forget()
    return importlib.import_module("app")


def forget() -> None:
    for file in FUNCTION.glob("*.py"):
        sys.modules.pop(file.stem, None)


@pytest.fixture
def settings() -> dict[str, str]:
    """Return the environment of the function, which a test may parametrize."""
    return dict(ENVIRONMENT)


@pytest.fixture
def function(
    monkeypatch: pytest.MonkeyPatch,
    layer_path: Path,
    settings: dict[str, str],
) -> Iterator[Function]:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("LAMBDA_TASK_ROOT", raising=False)
    with mock_aws():
        table = boto3.resource("dynamodb").create_table(
            TableName=ENVIRONMENT["TABLE_ITEMS"],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
        )
        loaded = Function(load(monkeypatch, layer_path), table)
        loaded.app.store._clock = lambda: loaded.now
        yield loaded
    forget()
    assert loaded.called <= granted_by(settings), "no role of ours lets the function call that"
    unreadable = loaded.answered - ALWAYS_READABLE - {name.lower() for name in CORS.expose}
    own = {name for name in unreadable if name.startswith("access-control-")}
    assert unreadable == own, "cors.expose of config.yaml hides that from pages"

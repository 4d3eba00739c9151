"""A whole stack on an emulator of its own, and what its mutants change it with."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import boto3
import yaml

from provision import local
from tests.integration.end_to_end.conftest import Home, free_port
from tests.support.sample_stack import ROOT

FUNCTION: Final = "tap-local-items"
STAGE: Final = "v1"
ORIGIN: Final = "https://shop.example.com"
SECOND: Final = "https://admin.example.com"
CHANGES: Final[Mapping[str, Any]] = {
    "tables": {"items": {"protect": False}},
    "functions": {"items": {"retries": {"attempts": 0}}},
    "api": {
        "routes": {
            "GET /search": {
                "function": "items",
                "query": ["q"],
                "throttle": {"rate": 500, "burst": 900},
            },
            "GET /items/{id}": {
                "function": "items",
                "key": False,
                "throttle": {"rate": 100, "burst": 200},
            },
            "GET /mine": {"function": "items", "auth": "users"},
            "GET /signed": {"function": "items", "auth": "own"},
            "DELETE /mine": {"function": "items", "auth": "users"},
        },
        "authorizers": {
            "users": {
                "cognito": ["arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_a"]
            },
            "own": "iam",
        },
        "cors": {"origins": [ORIGIN, SECOND], "credentials": True},
        "quota": {"limit": 100_000, "period": "MONTH"},
    },
}
"""The shipped stack in the environment `local`, with all that a check can be about there."""


@dataclass
class CheckedPlace:
    """The deployed stack."""

    home: Home

    def check(self, *words: str) -> dict[str, Any]:
        """Return the document of `provision check`, for any exit code."""
        words = ("check", "--local", "--json", *words)
        with self.home.running(*words, stderr=subprocess.PIPE) as process:
            out, err = process.communicate(timeout=300)
        document: dict[str, Any] = json.loads(out)
        failed = any(one["result"] == "fail" for one in document["checks"])
        assert process.returncode == (5 if failed else 0), err
        return document

    def failing(self, *words: str) -> set[str]:
        """Return the ids of the checks that fail."""
        found = self.check("--wait", "0", *words)["checks"]
        return {one["id"] for one in found if one["result"] == "fail"}

    def client(self, service: str) -> Any:
        """Return a client that is corrected as the tool's own."""
        made = boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=f"http://127.0.0.1:{self.home.port}",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        local.install(made)
        return made

    @cached_property
    def gateway(self) -> Any:
        return self.client("apigateway")

    @cached_property
    def functions(self) -> Any:
        return self.client("lambda")

    @cached_property
    def api(self) -> str:
        found = self.gateway.get_rest_apis()["items"]
        return str(next(one["id"] for one in found if one["name"] == "tap-local"))

    @cached_property
    def plan(self) -> str:
        found: str = self.gateway.get_usage_plans()["items"][0]["id"]
        return found

    @cached_property
    def key(self) -> str:
        found: str = self.gateway.get_api_keys()["items"][0]["id"]
        return found

    def resource(self, path: str) -> str:
        found = self.gateway.get_resources(restApiId=self.api, limit=500)["items"]
        return str(next(one["id"] for one in found if one["path"] == path))

    def method(self, method: str, path: str) -> dict[str, str]:
        return {"restApiId": self.api, "resourceId": self.resource(path), "httpMethod": method}

    @property
    def stage(self) -> dict[str, str]:
        return {"restApiId": self.api, "stageName": STAGE}

    def deploy(self) -> str:
        """Serve the API as it is now, by a deployment described as the one before.

        Return the id of the one before.
        """
        before: str = self.gateway.get_stage(**self.stage)["deploymentId"]
        told = self.gateway.get_deployment(restApiId=self.api, deploymentId=before)["description"]
        made = self.gateway.create_deployment(restApiId=self.api, description=told)["id"]
        self.serve(made)
        return before

    def serve(self, deployment: str) -> None:
        self.patch_stage("replace", "/deploymentId", deployment)

    def patch_stage(self, op: str, path: str, value: str = "") -> None:
        patch = {"op": op, "path": path, **({"value": value} if op != "remove" else {})}
        self.gateway.update_stage(**self.stage, patchOperations=[patch])

    def publish(self, **changed: Any) -> str:
        """Make a version of the changed configuration live, and return the one before."""
        before: str = self.functions.get_alias(FunctionName=FUNCTION, Name="live")[
            "FunctionVersion"
        ]
        self.functions.update_function_configuration(FunctionName=FUNCTION, **changed)
        self.publish_as_it_is()
        return before

    def publish_as_it_is(self) -> None:
        """Make a version of the function as it is now live, once it is active."""
        self.functions.get_waiter("function_updated_v2").wait(FunctionName=FUNCTION)
        version = self.functions.publish_version(FunctionName=FUNCTION)["Version"]
        for name in ("function_active_v2", "function_updated_v2"):
            self.functions.get_waiter(name).wait(FunctionName=FUNCTION, Qualifier=version)
        self.live(version)

    def live(self, version: str) -> None:
        self.functions.update_alias(FunctionName=FUNCTION, Name="live", FunctionVersion=version)

    def configuration(self) -> dict[str, Any]:
        found: dict[str, Any] = self.functions.get_function_configuration(FunctionName=FUNCTION)
        return found


@contextmanager
def checked_place(path: Path) -> Iterator[CheckedPlace]:
    """Deploy the stack; nothing of it is left afterwards."""
    path.mkdir(parents=True, exist_ok=True)
    config = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))
    config["environments"] = {"local": CHANGES}
    (path / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False), "utf-8")
    for folder in ("function", "layer"):
        ignored = shutil.ignore_patterns("__pycache__", ".*")
        shutil.copytree(ROOT / folder, path / folder, ignore=ignored)
    home = Home(path, free_port())
    try:
        home.provision("up", "--local", "--yes")
        yield CheckedPlace(home)
    finally:
        home.provision("local", "reset")

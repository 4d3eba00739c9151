"""A stack with only an API: the shipped wiring, without the functions behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from moto.apigateway.models import APIGatewayBackend

from provision.engine.engine import Engine
from provision.model.stack import Stack
from provision.plan.change import Action
from provision.plan.plan import Result
from provision.stack.api import add_api
from provision.stack.encryption import EncryptionKey
from provision.stack.inputs import StackInputs
from provision.state.journal import Journal
from provision.state.record import Record
from provision.steps import KINDS
from provision.steps.apigateway.deployment import Deployment
from provision.steps.apigateway.rest_api.api import RestApi
from provision.steps.apigateway.rest_api.contents import Contents
from provision.steps.apigateway.rest_api.reading import read, settings_of
from provision.steps.apigateway.stage import Stage
from tests.support.harness import ALLOW_ALL, HOLDER, Recorder, Workshop, new_aws
from tests.support.sample_stack import ROOT, reference_site

PUBLISHES = "CreateDeployment"
MOVES = "UpdateStage"
LIVE = ("api", "api.deployment", "api.stage")
_OTHER = {"source": str(ROOT / "function"), "handler": "app.handler"}
_SHIPPED = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))["api"]

Api = Mapping[str, Any]
"""The value of `api:` in config.yaml."""
Frozen = tuple[Contents, bool]
"""A deployment's snapshot: the API's content, and whether its own address answers."""


@dataclass
class Shop:
    """One `api:` after another, brought up in one account.

    `frozen` are the snapshots by deployment; `actions` what the last `up` did with the three nodes
    by which the API is live.
    """

    directory: Path
    workshop: Workshop
    frozen: dict[str, Frozen] = field(default_factory=dict)
    actions: list[Action] = field(default_factory=list)

    def site(self, api: Api) -> StackInputs:
        gone = {name: dict.fromkeys(_SHIPPED[name]) for name in ("routes", "models")}
        changes = {
            "functions": {"other": _OTHER},
            "api": {**api, **{name: gone[name] | api.get(name, {}) for name in gone}},
        }
        return reference_site(new_aws(), self.directory, changes)

    def stack(self, api: Api) -> Stack:
        stack = Stack("tap-dev")
        add_api(stack, self.site(api), {}, EncryptionKey((), ""))
        return stack

    def records(self) -> Mapping[str, Record]:
        """Return the records of the state."""
        return Journal.read(self.workshop.directory, "tap-dev", KINDS).records

    def up(self, api: Api, recorder: Recorder | None = None) -> list[str]:
        """Run `up`, and return its writes."""
        outcome = self.workshop.run(self.stack(api), "up", recorder=recorder)
        self.actions = [outcome.changes[name].action for name in LIVE]
        return self.workshop.last.writes

    def outcome(self, api: Api) -> Result:
        """Return the result of an `up` that fails."""
        aws = self.workshop.connect(Recorder())
        journal = Journal(self.workshop.directory, "tap-dev", KINDS).open(HOLDER)
        try:
            engine = Engine(self.stack(api), aws, journal, ALLOW_ALL)
            return engine.apply(engine.plan(workers=1), workers=1)
        finally:
            journal.close()

    def live(self, api: Api) -> RestApi:
        """Return the API, after checks that the stage serves its present content.

        `up` must find nothing to do.
        """
        outcome = self.workshop.run(self.stack(api), "up")
        assert self.workshop.last.writes == []
        rest_api, deployment, stage = three(outcome)
        assert stage.deployment_id == deployment.id
        assert deployment.digest == rest_api.release()
        assert self.frozen[deployment.id] == held(rest_api.id)
        return rest_api

    def published(self, api_id: str) -> list[str]:
        """Return the descriptions of its deployments, in the order of their creation."""
        items = new_aws().apigateway.get_deployments(restApiId=api_id)["items"]
        return [item.get("description", "") for item in items]


def three(outcome: Result) -> tuple[RestApi, Deployment, Stage]:
    rest_api, deployment, stage = (outcome.resources[name] for name in LIVE)
    assert isinstance(rest_api, RestApi)
    assert isinstance(deployment, Deployment)
    assert isinstance(stage, Stage)
    return rest_api, deployment, stage


def held(api_id: str) -> Frozen:
    """Return the snapshot that a deployment of the API would now take."""
    aws = new_aws()
    found = aws.apigateway.get_rest_api(restApiId=api_id)
    contents = read(aws, api_id, settings_of(found)).contents
    return contents, not found.get("disableExecuteApiEndpoint", False)


def freezing(patch: pytest.MonkeyPatch, frozen: dict[str, Frozen]) -> None:
    """Record each deployment's snapshot, by any maker: AWS keeps it and shows little of it."""
    create = APIGatewayBackend.create_deployment

    def create_and_keep(self: Any, function_id: str, *args: Any, **kwargs: Any) -> Any:
        made = create(self, function_id, *args, **kwargs)
        frozen[made.id] = held(function_id)
        return made

    patch.setattr(APIGatewayBackend, "create_deployment", create_and_keep)

"""Foreign changes, deployments and leftovers never stay live, and foreign stages are left alone.

An `up` that died between the API and its deployment is completed, with the state lost or not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from provision.steps.apigateway.deployment import KEPT
from provision.steps.apigateway.rest_api.api import RestApi
from tests.integration.api.shop import PUBLISHES, Api, Shop, held
from tests.integration.api.test_changes import BASE, ROUTES
from tests.support.harness import Died, Recorder, new_aws

MORE: Api = {**BASE, "routes": {**ROUTES, "GET /b": "items"}}


def gateway() -> Any:
    return new_aws().apigateway


def redirect(api_id: str) -> Callable[[], None]:
    """Lead a route to another target, which no summary shows; return how to undo it."""
    (place,) = (
        {"restApiId": api_id, "resourceId": item["id"], "httpMethod": "GET"}
        for item in gateway().get_resources(restApiId=api_id)["items"]
        if item["path"] == "/a"
    )
    shown = gateway().get_method(**place)["methodIntegration"]
    lead = {"type": "AWS_PROXY", "integrationHttpMethod": "POST"}
    theirs = shown["uri"].replace("tap-dev-items", "theirs")
    gateway().put_integration(**place, **lead, uri=theirs)
    return lambda: gateway().put_integration(**place, **lead, uri=shown["uri"])


def deploy(api: RestApi, description: str) -> str:
    """Publish the API to our stage as another client, and return the deployment's id."""
    made: str = gateway().create_deployment(restApiId=api.id, description=description)["id"]
    patch = {"op": "replace", "path": "/deploymentId", "value": made}
    gateway().update_stage(restApiId=api.id, stageName="v1", patchOperations=[patch])
    return made


@pytest.mark.parametrize(
    ("copied", "reverted", "lost"),
    [(False, False, False), (True, False, True), (True, True, False), (True, True, True)],
    ids=["their words", "ours, lost", "ours, put back", "ours, put back, lost"],
)
def test_what_they_deployed_does_not_stay(
    shop: Shop, copied: bool, reverted: bool, lost: bool
) -> None:
    shop.up(BASE)
    api = shop.live(BASE)
    put_back = redirect(api.id)
    theirs = deploy(api, shop.published(api.id)[0] if copied else "mine now")
    if reverted:
        put_back()
    if lost:
        shop.workshop.forget()
    writes = shop.up(BASE)
    assert writes.count(PUBLISHES) == (0 if reverted else 1), "a repair is published afresh"
    shop.live(BASE)
    assert gateway().get_stage(restApiId=api.id, stageName="v1")["deploymentId"] != theirs


def test_what_was_frozen_while_somebody_meddled_is_not_trusted(shop: Shop) -> None:
    """They change the API after our last write to it, and before our deployment."""
    recorder = Meddling()
    recorder.meddle = lambda: redirect(only())
    shop.up(BASE, recorder)
    (made,) = shop.frozen
    assert recorder.meddle is None
    assert shop.frozen[made] == held(only()), "it has their integration in it"
    shop.workshop.forget()
    assert shop.up(BASE).count(PUBLISHES) == 1
    shop.live(BASE)


class Meddling(Recorder):
    """Another client that acts between two calls."""

    meddle: Callable[[], Any] | None = None

    def _before(self, model: Any, **more: Any) -> None:
        if model.name == PUBLISHES and self.meddle:
            quick, self.meddle = self.meddle, None
            quick()
        super()._before(model, **more)


def only() -> str:
    (api,) = gateway().get_rest_apis()["items"]
    found: str = api["id"]
    return found


class DiesAt(Recorder):
    """Killed before the first call of an operation, or after AWS carried it out."""

    operation = ""
    after = False

    def _before(self, model: Any, **more: Any) -> None:
        if model.name == self.operation and not self.after:
            raise Died(model.name)
        super()._before(model, **more)

    def _after(self, model: Any, **more: Any) -> None:
        if model.name == self.operation and self.after:
            raise Died(model.name)
        super()._after(model, **more)


@pytest.mark.parametrize(
    ("operation", "after", "drift", "lost"),
    [
        ("PutIntegration", True, True, True),
        (PUBLISHES, False, True, True),
        (PUBLISHES, False, False, True),
        (PUBLISHES, True, True, False),
        ("UpdateStage", False, False, True),
    ],
)
def test_an_up_that_died_is_completed(
    shop: Shop, operation: str, after: bool, drift: bool, lost: bool
) -> None:
    """With drift, only a deployment made after its repair is accepted."""
    shop.up(BASE)
    edition = shop.live(BASE).edition
    wanted = BASE if drift else MORE
    if drift:
        redirect(only())
    killed = DiesAt()
    killed.operation, killed.after = operation, after
    with pytest.raises(Died):
        shop.up(wanted, killed)
    if lost:
        shop.workshop.forget()
    shop.up(wanted)
    assert int(shop.live(wanted).edition) > int(edition)


def test_old_deployments_go_and_those_in_use_stay(shop: Shop) -> None:
    shop.up(BASE)
    api = shop.live(BASE)
    (first,) = gateway().get_deployments(restApiId=api.id)["items"]
    gateway().create_stage(restApiId=api.id, stageName="theirs", deploymentId=first["id"])
    gateway().create_deployment(restApiId=api.id, description="theirs too")
    for number in range(KEPT + 2):
        shop.up({**BASE, "cors": {**BASE["cors"], "max_age": number}})
    left = shop.published(api.id)
    assert left[:2] == [first["description"], "theirs too"]
    assert len(left) == KEPT + 2

"""Corrections of API Gateway make the emulator answer as AWS does."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from provision import local
from tests.unit.local.conftest import Connect, code_of

pytestmark = pytest.mark.emulator

REGION = "us-east-1"


@pytest.fixture
def gateway(corrected: Connect) -> Any:
    return corrected("apigateway")


@pytest.fixture
def api(gateway: Any) -> str:
    api_id: str = gateway.create_rest_api(name="api", tags={"owner": "us"})["id"]
    return api_id


def place(path: str) -> str:
    return f"arn:aws:apigateway:{REGION}::{path}"


def replace(path: str, value: str) -> dict[str, str]:
    return {"op": "replace", "path": path, "value": value}


def status_of(url: str, key: str) -> int:
    request = urllib.request.Request(url, headers={"x-api-key": key})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


# -- patches --------------------------------------------------------------------------------------


def mock_stage(gateway: Any, api: str, *, root: str) -> None:
    """Create a stage whose GET / answers 200 to callers with a key."""
    gateway.put_method(
        restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE",
        apiKeyRequired=True,
    )  # fmt: skip
    gateway.put_integration(
        restApiId=api, resourceId=root, httpMethod="GET", type="MOCK",
        requestTemplates={"application/json": '{"statusCode": 200}'},
    )  # fmt: skip
    gateway.put_method_response(restApiId=api, resourceId=root, httpMethod="GET", statusCode="200")
    gateway.put_integration_response(
        restApiId=api, resourceId=root, httpMethod="GET", statusCode="200"
    )
    deployment = gateway.create_deployment(restApiId=api)["id"]
    gateway.create_stage(restApiId=api, stageName="v1", deploymentId=deployment)


def root_of(gateway: Any, api: str) -> str:
    root: str = gateway.get_resources(restApiId=api)["items"][0]["id"]
    return root


def test_the_tls_of_an_api_is_kept_from_the_beginning(gateway: Any) -> None:
    policy = {
        "securityPolicy": "SecurityPolicy_TLS13_1_3_2025_09",
        "endpointAccessMode": "STRICT",
    }
    made = gateway.create_rest_api(name="tls", **policy)
    shown = gateway.get_rest_api(restApiId=made["id"])
    patch = [replace("/securityPolicy", "TLS_1_2"), replace("/endpointAccessMode", "")]
    changed = gateway.update_rest_api(restApiId=made["id"], patchOperations=patch)
    gateway.delete_rest_api(restApiId=made["id"])
    assert policy.items() <= made.items()
    assert policy.items() <= shown.items()
    assert (changed["securityPolicy"], changed["endpointAccessMode"]) == ("TLS_1_2", "")


def test_one_method_is_limited_under_its_escaped_name(
    gateway: Any, api: str, emulator: local.Emulator
) -> None:
    """The key is that of AWS (A44), and its limit is obeyed until it is removed."""
    mock_stage(gateway, api, root=root_of(gateway, api))
    key = gateway.create_api_key(name="key", enabled=True)
    plan = gateway.create_usage_plan(name="plan", apiStages=[{"apiId": api, "stage": "v1"}])
    gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    url = local.invoke_url(emulator.endpoint, api, "v1") + "/"
    stage = {"restApiId": api, "stageName": "v1"}
    limits = [
        replace("/~1/GET/throttling/rateLimit", "0.001"),
        replace("/~1/GET/throttling/burstLimit", "2"),
    ]
    answer = gateway.update_stage(**stage, patchOperations=limits)
    assert answer["methodSettings"].keys() == {"~1/GET"}
    assert gateway.get_stage(**stage)["methodSettings"].keys() == {"~1/GET"}
    assert gateway.get_stages(restApiId=api)["item"][0]["methodSettings"].keys() == {"~1/GET"}
    assert [status_of(url, key["value"]) for _ in range(3)] == [200, 200, 429]
    gateway.update_stage(**stage, patchOperations=[{"op": "remove", "path": "/~1/GET"}])
    assert gateway.get_stage(**stage).get("methodSettings", {}) == {}
    assert status_of(url, key["value"]) == 200


def test_stages_are_added_to_a_plan_and_removed(
    gateway: Any, api: str, emulator: local.Emulator
) -> None:
    mock_stage(gateway, api, root=root_of(gateway, api))
    key = gateway.create_api_key(name="key", enabled=True)
    plan = gateway.create_usage_plan(name="plan", throttle={"rateLimit": 10.0, "burstLimit": 20})
    gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    url = local.invoke_url(emulator.endpoint, api, "v1") + "/"
    assert status_of(url, key["value"]) == 403

    stage = {"path": "/apiStages", "value": f"{api}:v1"}
    gateway.update_usage_plan(usagePlanId=plan["id"], patchOperations=[{"op": "add", **stage}])
    found = gateway.get_usage_plan(usagePlanId=plan["id"])
    assert found["apiStages"] == [{"apiId": api, "stage": "v1"}]
    assert found["throttle"] == {"rateLimit": 10.0, "burstLimit": 20}
    assert status_of(url, key["value"]) == 200

    gateway.update_usage_plan(usagePlanId=plan["id"], patchOperations=[{"op": "remove", **stage}])
    assert gateway.get_usage_plan(usagePlanId=plan["id"]).get("apiStages", []) == []
    assert status_of(url, key["value"]) == 403


def test_a_disabled_key_is_refused(gateway: Any, api: str, emulator: local.Emulator) -> None:
    mock_stage(gateway, api, root=root_of(gateway, api))
    key = gateway.create_api_key(name="key", enabled=True)
    plan = gateway.create_usage_plan(name="plan", apiStages=[{"apiId": api, "stage": "v1"}])
    gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    url = local.invoke_url(emulator.endpoint, api, "v1") + "/"
    assert status_of(url, key["value"]) == 200
    gateway.update_api_key(apiKey=key["id"], patchOperations=[replace("/enabled", "false")])
    assert status_of(url, key["value"]) == 403


def test_a_method_whose_key_is_no_longer_required_is_open(
    gateway: Any, api: str, emulator: local.Emulator
) -> None:
    root = root_of(gateway, api)
    mock_stage(gateway, api, root=root)
    url = local.invoke_url(emulator.endpoint, api, "v1") + "/"
    assert status_of(url, "none") == 403
    gateway.update_method(
        restApiId=api,
        resourceId=root,
        httpMethod="GET",
        patchOperations=[replace("/apiKeyRequired", "false")],
    )
    assert status_of(url, "none") == 200


def test_a_pointer_with_a_slash_in_it(gateway: Any, api: str) -> None:
    root = root_of(gateway, api)
    gateway.put_method(
        restApiId=api,
        resourceId=root,
        httpMethod="POST",
        authorizationType="NONE",
        requestModels={"application/json": "Item", "text/plain": "Text"},
    )
    found = gateway.update_method(
        restApiId=api,
        resourceId=root,
        httpMethod="POST",
        patchOperations=[
            replace("/requestModels/application~1json", "Other"),
            {"op": "remove", "path": "/requestModels/text~1plain"},
            replace("/operationName", "make"),
        ],
    )
    assert found["requestModels"] == {"application/json": "Other"}
    assert found["operationName"] == "make"


def test_binary_media_types(gateway: Any, api: str) -> None:
    for operation in ("add", "add"):
        gateway.update_rest_api(
            restApiId=api,
            patchOperations=[{"op": operation, "path": "/binaryMediaTypes/image~1png"}],
        )
    assert gateway.get_rest_api(restApiId=api)["binaryMediaTypes"] == ["image/png"]
    gateway.update_rest_api(
        restApiId=api, patchOperations=[{"op": "remove", "path": "/binaryMediaTypes/image~1png"}]
    )
    assert gateway.get_rest_api(restApiId=api).get("binaryMediaTypes", []) == []


def test_patching_what_is_not_there(gateway: Any) -> None:
    stage = {"op": "add", "path": "/apiStages", "value": "api:v1"}
    for call in (
        lambda: gateway.update_usage_plan(usagePlanId="none", patchOperations=[stage]),
        lambda: gateway.update_gateway_response(
            restApiId="none", responseType="DEFAULT_4XX", patchOperations=[replace("/x", "1")]
        ),
        lambda: gateway.update_domain_name(
            domainName="none.example.com", patchOperations=[replace("/securityPolicy", "TLS_1_2")]
        ),
    ):
        assert code_of(call) == "NotFoundException"


def test_the_responses_that_lack_an_update(gateway: Any, api: str) -> None:
    root = root_of(gateway, api)
    mock_stage(gateway, api, root=root)
    where = {"restApiId": api, "resourceId": root, "httpMethod": "GET", "statusCode": "200"}
    header = "method.response.header.Allow"
    gateway.update_method_response(
        **where,
        patchOperations=[{"op": "add", "path": f"/responseParameters/{header}", "value": "true"}],
    )
    assert gateway.get_method_response(**where)["responseParameters"] == {header: True}
    gateway.update_integration_response(
        **where,
        patchOperations=[{"op": "add", "path": f"/responseParameters/{header}", "value": "'GET'"}],
    )
    assert gateway.get_integration_response(**where)["responseParameters"] == {header: "'GET'"}
    kind = {"restApiId": api, "responseType": "DEFAULT_4XX"}
    gateway.put_gateway_response(
        **kind, responseTemplates={"application/json": "{}"}, responseParameters={"a.b": "'1'"}
    )
    found = gateway.update_gateway_response(
        **kind, patchOperations=[replace("/responseTemplates/application~1json", '{"a":1}')]
    )
    assert found["responseTemplates"] == {"application/json": '{"a":1}'}
    assert gateway.get_gateway_response(**kind)["responseParameters"] == {"a.b": "'1'"}


def test_a_domain_keeps_its_mappings_when_it_changes(gateway: Any, api: str) -> None:
    mock_stage(gateway, api, root=root_of(gateway, api))
    name = {"domainName": "api.example.com"}
    gateway.create_domain_name(**name, regionalCertificateArn="arn:one", tags={"owner": "us"})
    gateway.create_base_path_mapping(**name, restApiId=api, stage="v1")
    changed = gateway.update_domain_name(
        **name, patchOperations=[replace("/regionalCertificateArn", "arn:two")]
    )
    assert changed["regionalCertificateArn"] == "arn:two"
    assert gateway.get_domain_name(**name)["tags"] == {"owner": "us"}
    gateway.update_base_path_mapping(
        **name, basePath="(none)", patchOperations=[replace("/stage", "v2")]
    )
    mappings = gateway.get_base_path_mappings(**name)["items"]
    assert mappings == [{"basePath": "(none)", "restApiId": api, "stage": "v2"}]
    gateway.delete_domain_name(**name)


# -- tags, keys -----------------------------------------------------------------------------------


def test_one_set_of_tags(gateway: Any, api: str) -> None:
    mock_stage(gateway, api, root=root_of(gateway, api))
    gateway.delete_stage(restApiId=api, stageName="v1")
    deployment = gateway.create_deployment(restApiId=api)["id"]
    stage = {"restApiId": api, "stageName": "v1"}
    gateway.create_stage(**stage, deploymentId=deployment, tags={"owner": "us"})
    key = gateway.create_api_key(name="tagged", tags={"owner": "us"})["id"]
    plan = gateway.create_usage_plan(name="tagged", tags={"owner": "us"})["id"]
    gateway.create_domain_name(domainName="tags.example.com", tags={"owner": "us"})
    reads: dict[str, Callable[[], Any]] = {
        f"/restapis/{api}": lambda: gateway.get_rest_api(restApiId=api),
        f"/restapis/{api}/stages/v1": lambda: gateway.get_stage(**stage),
        f"/apikeys/{key}": lambda: gateway.get_api_key(apiKey=key),
        f"/usageplans/{plan}": lambda: gateway.get_usage_plan(usagePlanId=plan),
        "/domainnames/tags.example.com": lambda: gateway.get_domain_name(
            domainName="tags.example.com"
        ),
    }
    for path, read in reads.items():
        arn = place(path)
        assert gateway.get_tags(resourceArn=arn)["tags"] == {"owner": "us"}, path
        gateway.tag_resource(resourceArn=arn, tags={"team": "a"})
        assert read()["tags"] == {"owner": "us", "team": "a"}, path
        gateway.untag_resource(resourceArn=arn, tagKeys=["owner"])
        assert read()["tags"] == {"team": "a"}, path
    listed = gateway.get_api_keys(nameQuery="tagged")["items"]
    assert [each["tags"] for each in listed] == [{"team": "a"}]
    assert gateway.get_stages(restApiId=api)["item"][0]["tags"] == {"team": "a"}


def test_a_stage_made_again_has_its_new_tags_only(gateway: Any, api: str) -> None:
    deployment = gateway.create_deployment(restApiId=api)["id"]
    stage = {"restApiId": api, "stageName": "v1"}
    gateway.create_stage(**stage, deploymentId=deployment, tags={"old": "1"})
    gateway.delete_stage(**stage)
    gateway.create_stage(**stage, deploymentId=deployment, tags={"new": "1"})
    assert gateway.get_stage(**stage)["tags"] == {"new": "1"}


def test_the_value_of_a_key_is_shown_to_who_asks(gateway: Any) -> None:
    made = gateway.create_api_key(name="secret", enabled=True)
    key = made["id"]
    assert "value" not in gateway.get_api_key(apiKey=key)
    assert "value" not in gateway.get_api_key(apiKey=key, includeValue=False)
    assert gateway.get_api_key(apiKey=key, includeValue=True)["value"] == made["value"]
    change = {"op": "replace", "path": "/description", "value": "changed"}
    assert "value" not in gateway.update_api_key(apiKey=key, patchOperations=[change])
    (listed,) = gateway.get_api_keys(nameQuery="secret")["items"]
    assert "value" not in listed
    (listed,) = gateway.get_api_keys(nameQuery="secret", includeValues=True)["items"]
    assert listed["value"] == made["value"]

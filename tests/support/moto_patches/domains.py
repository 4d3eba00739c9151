"""Corrections of moto's domain names and base path mappings."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.acm.models import acm_backends
from moto.apigateway.exceptions import BadRequestException, BasePathConflictException
from moto.apigateway.models import APIGatewayBackend, DomainName
from moto.apigateway.responses import APIGatewayResponse


def teach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Apply every correction below."""
    teach_domains(monkeypatch)
    teach_mappings(monkeypatch)


def teach_domains(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make domain names behave as in AWS.

    In moto, one is created over an existing one, or with a certificate not yet issued (A28), and
    cannot be updated; deleting it leaves its mappings; its endpoint access mode is lost, and it has
    no mutual TLS and no routing.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mutual-tls.html
    https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
    """
    create_domain_name_answer = APIGatewayResponse.create_domain_name
    to_json = DomainName.to_json
    create_domain_name = APIGatewayBackend.create_domain_name
    delete_domain_name = APIGatewayBackend.delete_domain_name

    def create_domain_name_once(self: Any, domain_name: str, *rest: Any) -> Any:
        if domain_name in self.domain_names:
            raise BadRequestException("The domain name you provided already exists.")
        made = create_domain_name(self, domain_name, *rest)
        try:
            _check_issued(self, made.regional_certificate_arn)
        except BadRequestException:
            delete_domain_name(self, domain_name)
            raise
        self.base_path_mappings[domain_name] = {}
        return made

    def create_domain_name_with_mode(self: Any) -> Any:
        answer = create_domain_name_answer(self)
        domain = self.backend.get_domain_name(self._get_param("domainName"))
        vars(domain)["access_mode"] = self._get_param("endpointAccessMode")
        return answer

    def to_json_with_mode(self: Any) -> Any:
        mode = vars(self).get("access_mode")
        store = vars(self).get("truststore")
        return (
            to_json(self)
            | ({"endpointAccessMode": mode} if mode else {})
            | ({"mutualTlsAuthentication": {"truststoreUri": store}} if store else {})
            | {"routingMode": vars(self).get("routing", "BASE_PATH_MAPPING_ONLY")}
        )

    def delete_domain_name_with_mappings(self: Any, domain_name: str) -> None:
        delete_domain_name(self, domain_name)
        self.base_path_mappings.pop(domain_name, None)

    def update_domain_name(self: Any) -> str:
        domain = self.backend.get_domain_name(self.path.split("/")[2])
        for op in self._get_param("patchOperations"):
            if op["path"] == "/regionalCertificateArn":
                _check_issued(self.backend, op["value"])
                domain.regional_certificate_arn = op["value"]
            elif op["path"] == "/securityPolicy":
                domain.security_policy = op["value"]
            elif op["path"] == "/endpointAccessMode":
                vars(domain)["access_mode"] = op["value"]
            elif op["path"] == "/mutualTlsAuthentication/truststoreUri":
                vars(domain)["truststore"] = op["value"]
            elif op["path"] == "/routingMode":
                vars(domain)["routing"] = op["value"]
            else:
                raise BadRequestException(f"Invalid patch path {op['path']}")
        return json.dumps(domain.to_json())

    monkeypatch.setattr(APIGatewayResponse, "create_domain_name", create_domain_name_with_mode)
    monkeypatch.setattr(DomainName, "to_json", to_json_with_mode)
    monkeypatch.setattr(APIGatewayBackend, "create_domain_name", create_domain_name_once)
    monkeypatch.setattr(APIGatewayBackend, "delete_domain_name", delete_domain_name_with_mappings)
    monkeypatch.setattr(APIGatewayResponse, "update_domain_name", update_domain_name, raising=False)


def teach_mappings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse a second mapping of the root (A30), and deleting an API that has one (A31)."""
    create_base_path_mapping = APIGatewayBackend.create_base_path_mapping
    delete_rest_api = APIGatewayBackend.delete_rest_api

    def create_base_path_mapping_once(
        self: Any, domain_name: str, rest_api_id: str, base_path: str, stage: str
    ) -> Any:
        if (base_path or "(none)") in self.base_path_mappings.get(domain_name, {}):
            raise BasePathConflictException
        return create_base_path_mapping(self, domain_name, rest_api_id, base_path, stage)

    def delete_rest_api_unless_mapped(self: Any, function_id: str) -> Any:
        mappings = [each for domain in self.base_path_mappings.values() for each in domain.values()]
        if any(mapping.rest_api_id == function_id for mapping in mappings):
            raise BadRequestException(
                f"Deleting RestApi {function_id} failed. Please remove all base path mappings "
                "related to the RestApi in your domains"
            )
        return delete_rest_api(self, function_id)

    backend = APIGatewayBackend
    monkeypatch.setattr(backend, "create_base_path_mapping", create_base_path_mapping_once)
    monkeypatch.setattr(backend, "delete_rest_api", delete_rest_api_unless_mapped)


def _check_issued(backend: Any, certificate: str | None) -> None:
    known = acm_backends[backend.account_id][backend.region_name]._certificates
    if certificate not in known or known[certificate].status != "ISSUED":
        raise BadRequestException(f"Invalid certificate ARN: {certificate}")

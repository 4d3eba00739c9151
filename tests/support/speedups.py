"""Preparations of botocore and moto, done once for all tests of a process.

Each run of a test creates its own clients, as a process does: that was a quarter of a test's time,
and moto's preparations for a library that is not used here were a tenth.
"""

from __future__ import annotations

import os
from functools import cache
from inspect import CO_VARKEYWORDS
from itertools import count
from typing import Any, Final
from weakref import WeakSet

import boto3.session
import botocore.client
import botocore.endpoint
import botocore.handlers
import botocore.hooks
import botocore.loaders
import botocore.session
import moto.backend_index
import moto.core.models
import moto.core.responses
import moto.core.utils
import pytest
from botocore.auth import SigV4Auth
from botocore.hooks import NodeList
from botocore.httpsession import URLLib3Session, create_urllib3_context
from botocore.model import ServiceModel
from cryptography.hazmat.primitives.asymmetric import rsa
from moto.acm.models import CertBundle
from moto.core.base_backend import BaseBackend

import provision.aws.session
import provision.model.stack
import provision.preflight.check
from provision.aws.session import model_loader
from provision.config import Config
from provision.preflight.requests import Foreseen, rehearse
from tests.support.one_thread import wait, walking_pool

OURS: Final = frozenset(
    {"acm", "apigateway", "applicationautoscaling", "awslambda", "cloudwatch", "dynamodb", "ec2"}
    | {"iam", "kms", "logs", "resourcegroupstaggingapi", "route53", "secretsmanager", "sns", "sqs"}
    | {"ssm", "sts", "wafv2"}
)
"""The services that tests speak with, by moto's names."""
_OTHERS: Final = frozenset(
    {"cloudsearchdomain", "cognito-identity", "docdb", "glacier", "neptune", "polly", "rds"}
    | {"s3", "s3-control"}
)
"""The services with most of botocore's handlers, which are not called here."""
_OURS_FIRST = sorted(moto.backend_index.backend_url_patterns, key=lambda each: each[0] not in OURS)
_LOADER = model_loader(None)
_CREATOR: Any = botocore.client.ClientCreator  # its stubs hide what is replaced here
_create_class = _CREATOR._create_client_class
_load_model = _CREATOR._load_service_model
_ALIASER: Any = botocore.hooks.EventAliaser
_alias = _ALIASER._alias_event_name
_aliased: dict[str, str] = {}
_TRIE: Any = vars(botocore.hooks)["_PrefixTrie"]
_read_signature = botocore.hooks.accepts_kwargs
_register_handlers = vars(boto3.session.Session)["_register_default_handlers"]
_find_models = vars(boto3.session.Session)["_setup_loader"]
_with_handlers: WeakSet[Any] = WeakSet()
_method_names = moto.core.utils.method_names_from_class
_numbers = count(1)
_foreseen: dict[str, Foreseen] = {}
_models: dict[tuple[str, str | None], ServiceModel] = {}
_classes: dict[str, type] = {}
_read_urls: Any = BaseBackend.urls.fget  # type: ignore[attr-defined]  # a property
_urls: dict[str, dict[str, Any]] = {}
_new_key = rsa.generate_private_key
_validate_key = CertBundle.validate_pk
_valid_keys: dict[bytes, Any] = {}


def _is_heard(handler: tuple[Any, ...]) -> bool:
    """Return whether a handler of botocore is for calls of our services, not its documentation."""
    event, service = (*handler[0].split("."), "")[:2]
    return not event.startswith("docs") and service not in _OTHERS


_HEARD = [handler for handler in botocore.handlers.BUILTIN_HANDLERS if _is_heard(handler)]


def _model(self: Any, service: str, api_version: str | None = None) -> ServiceModel:
    key = (service, api_version)
    if key not in _models:
        _models[key] = _load_model(self, service, api_version)
    return _models[key]


def _client_class(self: Any, service: str, model: ServiceModel) -> type:
    if service not in _classes:
        _classes[service] = _create_class(self, service, model)
    return _classes[service]


def _rehearse(config: Config) -> Foreseen:
    """Return the rehearsal, once for each configuration: sources are not read."""
    functions = {
        key: one.model_copy(update={"source": ""}) for key, one in config.functions.items()
    }
    layers = {key: one.model_copy(update={"source": ""}) for key, one in config.layers.items()}
    key = repr(config.model_copy(update={"functions": functions, "layers": layers}))
    if key not in _foreseen:
        _foreseen[key] = rehearse(config)
    return _foreseen[key]


def _event_name(self: Any, name: str) -> str:
    if name not in _aliased:
        _aliased[name] = _alias(self, name)
    return _aliased[name]


def _request_id(headers: dict[str, Any]) -> str:
    """Return a unique id of the same length."""
    name = f"{next(_numbers):052}"
    headers["x-amzn-requestid"] = name
    return name


def _urls_of(backend: BaseBackend) -> dict[str, Any]:
    """Return the addresses of a service, which depend on its module and not on an account."""
    module = type(backend).__module__
    if module not in _urls:
        _urls[module] = _read_urls(backend)
    return _urls[module]


@cache
def _private_key(public_exponent: int, key_size: int, backend: Any = None) -> rsa.RSAPrivateKey:
    """Return one key of each size."""
    return _new_key(public_exponent, key_size, backend)


def _valid_key(bundle: CertBundle) -> Any:
    """Return the private key of a certificate, checked once."""
    pem = bundle.key
    if pem not in _valid_keys:
        _valid_keys[pem] = _validate_key(bundle)
    return _valid_keys[pem]


def make_cheap(patch: pytest.MonkeyPatch) -> None:
    """Skip fsync, because tests cut no power, and prepare constants once."""
    patch.setattr(os, "fsync", lambda _descriptor: None)
    patch.setattr(provision.model.stack, "ThreadPoolExecutor", walking_pool)
    patch.setattr(provision.model.stack, "wait", wait)
    make_clients_cheap(patch)
    make_accounts_cheap(patch)
    patch.setattr(provision.preflight.check, "rehearse", _rehearse)


def _copied(self: Any, node: dict[str, Any]) -> dict[str, Any]:
    """Return a copy as botocore's: the tree of handlers is copied, the handlers are shared."""
    copied: dict[str, Any] = {}
    for key, value in node.items():
        if type(value) is NodeList:
            first, middle, last = value
            copied[key] = NodeList(first[:], middle[:], last[:])
        elif type(value) is dict:
            copied[key] = _copied(self, value)
        else:
            copied[key] = value
    return copied


def _accepts_kwargs(handler: Any) -> Any:
    """Return whether it accepts them, without a function's or method's whole signature."""
    code = getattr(handler, "__code__", None)
    return code.co_flags & CO_VARKEYWORDS if code else _read_signature(handler)


def _add_handlers(self: Any) -> None:
    """Add them once a session: all `Aws` of a process share one, which would grow with each."""
    if self._session not in _with_handlers:
        _with_handlers.add(self._session)
        _register_handlers(self)


def _find_models_once(self: Any) -> None:
    """Add boto3's folder once: all sessions share a loader, which would look there for each."""
    _find_models(self)
    folders = self._loader.search_paths
    folders[:] = dict.fromkeys(folders)


class _Invocations:
    """In place of the module `uuid`: names of calls, which no test reads."""

    @staticmethod
    def uuid4() -> str:
        return f"00000000-0000-4000-8000-{next(_numbers):012}"


@cache
def _context() -> Any:
    return create_urllib3_context()


def _the_context(_session: Any) -> Any:
    """Return one for all clients: none of them speaks TLS to a test."""
    return _context()


def make_clients_cheap(patch: pytest.MonkeyPatch) -> None:
    """Read each service's model once, and name its client's methods and events once.

    Each session registers 128 handlers, and each client copies their tree. Each call is named by
    random bytes.
    """
    patch.setattr(botocore.endpoint, "uuid", _Invocations)
    patch.setattr(botocore.handlers, "BUILTIN_HANDLERS", _HEARD)
    patch.setattr(URLLib3Session, "_get_ssl_context", _the_context)
    patch.setattr(_TRIE, "_recursive_copy", _copied)
    patch.setattr(botocore.hooks, "accepts_kwargs", _accepts_kwargs)
    patch.setattr(boto3.session.Session, "_register_default_handlers", _add_handlers)
    patch.setattr(boto3.session.Session, "_setup_loader", _find_models_once)
    patch.setattr(_ALIASER, "_alias_event_name", _event_name)
    patch.setattr(provision.aws.session, "model_loader", lambda _paths: _LOADER)
    patch.setattr(botocore.loaders, "create_loader", lambda _paths=None: _LOADER)
    patch.setattr(botocore.session, "create_loader", lambda _paths=None: _LOADER, raising=False)
    patch.setattr(_CREATOR, "_load_service_model", _model)
    patch.setattr(_CREATOR, "_create_client_class", _client_class)


def sign_nothing(patch: pytest.MonkeyPatch) -> None:
    """Name the caller and the region in each request, without the digests that moto does not check.

    They are a tenth of a request's time.
    """
    patch.setattr(SigV4Auth, "canonical_request", lambda *_: "")
    patch.setattr(SigV4Auth, "headers_to_sign", lambda *_: {})
    patch.setattr(SigV4Auth, "signed_headers", lambda *_: "host")
    patch.setattr(SigV4Auth, "signature", lambda *_: "0" * 64)


def make_accounts_cheap(patch: pytest.MonkeyPatch) -> None:
    """Skip moto's preparations that the tests do not need.

    moto also patches `requests`, with thousands of patterns; boto3 does not use it. For each
    request it tries the addresses of 183 services, lists all methods of a class and all addresses
    of a service, and draws 52 letters to name it. Each certificate has a new key of 2,048 bits,
    which no test reads.
    """
    patch.setattr(moto.backend_index, "backend_url_patterns", _OURS_FIRST)
    patch.setattr(moto.core.responses, "gen_amzn_requestid_long", _request_id)
    patch.setattr(moto.core.models, "RESPONSES_METHODS", [])
    patch.setattr(moto.core.responses, "method_names_from_class", cache(_method_names))
    patch.setattr(BaseBackend, "urls", property(_urls_of))
    patch.setattr(rsa, "generate_private_key", _private_key)
    patch.setattr(CertBundle, "validate_pk", _valid_key)

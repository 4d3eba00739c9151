"""An emulated account in a process of its own: moto's server, taught what our tests teach it.

`python -m bench.server` prints the port it listens on. Without `tests/support/moto_patches` moto
forgets tags and answers, and no tool that reads twice would finish.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest
from moto.apigateway.models import APIGatewayBackend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.support.moto_patches import teach_moto

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Handler(WSGIRequestHandler):
    """Quiet, and quick to answer: Nagle's algorithm would hold answers back for 40 ms."""

    disable_nagle_algorithm = True
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002  (werkzeug's name)
        """Nothing."""


def main() -> None:
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"  # 1,300 images that are never requested
    teach_moto(pytest.MonkeyPatch())
    describe_imported_apis(pytest.MonkeyPatch())
    application = DomainDispatcherApplication(create_backend_app)
    one_at_a_time = threading.Lock()  # moto walks through dictionaries that other threads change

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with one_at_a_time:
            answered: Iterable[bytes] = application(environ, start_response)
            return answered

    server = make_server("127.0.0.1", 0, answer, threaded=True, request_handler=Handler)
    print(server.port, flush=True)
    server.serve_forever()


def describe_imported_apis(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give imported APIs without a description an empty one.

    OpenAPI does not require a description; moto fails without one, and Chalice's APIs have none. No
    other tool here imports APIs.
    """
    import_rest_api = APIGatewayBackend.import_rest_api

    def import_described(self: Any, api_doc: dict[str, Any], fail_on_warnings: Any) -> Any:
        described = {**api_doc, "info": {"description": "", **api_doc["info"]}}
        return import_rest_api(self, described, fail_on_warnings)

    monkeypatch.setattr(APIGatewayBackend, "import_rest_api", import_described)


if __name__ == "__main__":
    main()

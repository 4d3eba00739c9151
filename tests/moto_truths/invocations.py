"""moto runs code in Docker, and at $LATEST whatever the qualifier. Here a version is invoked by its
number, its code read: the handler answers null, or cannot be loaded, as Lambda says that.
"""

from __future__ import annotations

import base64
import io
import json
import zipfile
from typing import Any

import pytest
from moto.awslambda.responses import LambdaResponse

NOT_LOADED = "INIT_REPORT Init Duration: 90.00 ms\tPhase: init\tStatus: error\tError Type: {}\n"


def teach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LambdaResponse, "invoke", _invoke)


def _invoke(self: Any) -> tuple[int, dict[str, str], str]:
    name = self.path.split("/")[-2]
    qualifier = self.querystring.get("Qualifier", [None])[0]
    function = self.backend.get_function(name, qualifier)  # ResourceNotFoundException when absent
    error = why_not_loaded(function.code_bytes or b"", function.handler)
    headers = {"content-type": "application/json"}
    log = "START\n"
    if error:
        headers["x-amz-function-error"] = "Unhandled"
        log += NOT_LOADED.format(error["errorType"]) + "".join(f"{v}\n" for v in error.values())
    if self.headers.get("X-Amz-Log-Type") == "Tail":
        headers["x-amz-log-result"] = base64.b64encode(f"{log}END\n".encode()).decode()
    return 200, headers, json.dumps(error)


def why_not_loaded(content: bytes, handler: str) -> dict[str, str] | None:
    """What the runtime tells of a zip whose handler's module is not there or does not compile."""
    module = handler.rpartition(".")[0]
    file = f"{module.replace('.', '/')}.py"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            compile(archive.read(file), file, "exec", dont_inherit=True)
    except KeyError:
        said = f"Unable to import module '{module}': No module named '{module}'"
        return {"errorType": "Runtime.ImportModuleError", "errorMessage": said}
    except SyntaxError as error:
        said = f"Syntax error in module '{module}': {error.msg} ({file}, line {error.lineno})"
        return {"errorType": "Runtime.UserCodeSyntaxError", "errorMessage": said}
    return None

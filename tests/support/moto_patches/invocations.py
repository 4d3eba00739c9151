"""Invocations without Docker: a version is invoked by its number, from its code.

moto would run $LATEST for every qualifier. The handler answers null, or cannot be loaded, in
Lambda's words.
"""

from __future__ import annotations

import ast
import base64
import io
import json
import sys
import zipfile
from typing import Any

import pytest
from moto.awslambda.responses import LambdaResponse

NOT_LOADED = "INIT_REPORT Init Duration: 90.00 ms\tPhase: init\tStatus: error\tError Type: {}\n"


_OF_LAMBDA = sys.stdlib_module_names | {"boto3", "botocore"}


def teach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LambdaResponse, "invoke", _invoke)


def _invoke(self: Any) -> tuple[int, dict[str, str], str]:
    name = self.path.split("/")[-2]
    qualifier = self.querystring.get("Qualifier", [None])[0]
    function = self.backend.get_function(name, qualifier)  # ResourceNotFoundException when absent
    if self.headers.get("X-Amz-Invocation-Type") == "Event":
        return 202, {"status": "202"}, ""
    error = why_not_loaded(function.code_bytes or b"", function.handler, bool(function.layers))
    headers = {"content-type": "application/json", "x-amz-executed-version": function.version}
    log = "START\n"
    if error:
        headers["x-amz-function-error"] = "Unhandled"
        log += NOT_LOADED.format(error["errorType"]) + "".join(f"{v}\n" for v in error.values())
    if self.headers.get("X-Amz-Log-Type") == "Tail":
        headers["x-amz-log-result"] = base64.b64encode(f"{log}END\n".encode()).decode()
    return 200, headers, json.dumps(error)


def why_not_loaded(content: bytes, handler: str, layered: bool) -> dict[str, str] | None:
    """Return the runtime's error for a zip whose handler cannot be loaded.

    The module is missing, does not compile, or begins with the import of one that is not in the
    zip, Python or a layer.
    """
    module = handler.rpartition(".")[0]
    file = f"{module.replace('.', '/')}.py"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            there = {name.partition("/")[0].removesuffix(".py") for name in archive.namelist()}
            tree = ast.parse(archive.read(file), file)
    except KeyError:
        return _no_module(module, module)
    except SyntaxError as error:
        said = f"Syntax error in module '{module}': {error.msg} ({file}, line {error.lineno})"
        return {"errorType": "Runtime.UserCodeSyntaxError", "errorMessage": said}
    imported = (node for node in tree.body if isinstance(node, ast.Import))
    names = [alias.name.partition(".")[0] for node in imported for alias in node.names]
    missing = [name for name in names if name not in there | _OF_LAMBDA]
    return _no_module(module, missing[0]) if missing and not layered else None


def _no_module(module: str, name: str) -> dict[str, str]:
    said = f"Unable to import module '{module}': No module named '{name}'"
    return {"errorType": "Runtime.ImportModuleError", "errorMessage": said}

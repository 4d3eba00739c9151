"""Describes how a function failed, in the words of Lambda's runtime for Python.

The text of this file runs in the worker, in a Python that cannot import `provision` (runtime.py).
The error of a missing module has no stack trace in Lambda either:
https://github.com/aws/aws-lambda-python-runtime-interface-client/blob/main/awslambdaric/bootstrap.py.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import Any


def _failure(error: BaseException) -> str:
    """Return the error of a handler that was called, as JSON."""
    frames = _frames(error)
    if frames and frames[0][0] == _as_in_lambda(json.__file__):  # the worker's own call
        return _error("Runtime.MarshalError", f"Unable to marshal response: {error}", [])
    return _error(type(error).__name__, str(error), traceback.format_list(frames))


def _loading_failure(error: BaseException, module: str, handler: str) -> str:
    """Return the error of code that has no handler to call, as JSON."""
    if isinstance(error, ImportError):
        said = f"Unable to import module '{module}': {error}"
        return _error("Runtime.ImportModuleError", said, [])
    if isinstance(error, SyntaxError):
        place = f'  File "{_as_in_lambda(str(error.filename))}" Line {error.lineno}\n'
        said = f"Syntax error in module '{module}': {error}"
        return _error("Runtime.UserCodeSyntaxError", said, [f"{place}    {error.text}"])
    if isinstance(error, AttributeError) and not _frames(error):
        said = f"Handler '{handler}' missing on module '{module}'"
        return _error("Runtime.HandlerNotFound", said, [])
    return _failure(error)


def _error(kind: str, message: str, trace: list[str]) -> str:
    return json.dumps({"errorMessage": message, "errorType": kind, "stackTrace": trace})


def _frames(error: BaseException) -> list[Any]:
    """Return the frames below that of the worker, with Lambda's paths."""
    return [
        (_as_in_lambda(each.filename), each.lineno, each.name, each.line)
        for each in traceback.extract_tb(error.__traceback__)[1:]
    ]


def _as_in_lambda(path: str) -> str:
    layers = os.environ.get("_LAMBDA_LAYERS_DIRS", "").split(os.pathsep)
    places = [(os.environ.get("LAMBDA_TASK_ROOT", ""), "/var/task")]
    places += [(folder, "/opt") for folder in layers]
    places += [(sys.prefix, "/var/lang"), (sys.base_prefix, "/var/lang")]
    for folder, there in places:
        if folder and path.startswith(folder + os.sep):
            return there + path[len(folder) :].replace(os.sep, "/")
    return path

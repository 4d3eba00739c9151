"""The Python of a function's folder, judged without running it: whether the handler is there, and
what does not compile.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from provision.bundle import files_below, read_file


def handler_file(source: Path, handler: str) -> Path | None:
    """The file that holds `package/module.function`, or None when there is none."""
    module, dot, _ = handler.rpartition(".")
    parts = re.split(r"[./]", module)
    if not dot or not all(parts):
        return None
    base = source.joinpath(*parts)
    candidates = (base.with_name(f"{base.name}.py"), base / "__init__.py")
    return next((file for file in candidates if file.is_file()), None)


def handler_problem(source: Path, handler: str) -> str | None:
    """What keeps Lambda from finding the handler, or None. Runs none of its code."""
    file = handler_file(source, handler)
    if file is None:
        module = handler.rpartition(".")[0].replace(".", "/") or handler
        return f"handler {handler}: there is no {(source / module).as_posix()}.py"
    try:
        tree = ast.parse(file.read_bytes(), filename=str(file))
    except (SyntaxError, ValueError) as error:
        line = error.lineno if isinstance(error, SyntaxError) else None
        where = f"{file.as_posix()}, line {line}" if line else file.as_posix()
        return f"handler {handler}: {where} is not valid Python: {error.args[0]}"
    function = handler.rpartition(".")[2]
    if function not in _top_level_names(tree.body):
        return f"handler {handler}: {file.as_posix()} defines no {function}"
    return None


def syntax_errors(source: Path, runtime: str) -> list[str]:
    """`file:line: what is wrong` of every module below the folder. None where this Python is older
    than the runtime (`python3.13`), whose new words it cannot know; `local` is this machine."""
    if runtime != "local" and sys.version_info[:2] < _release(runtime):
        return []
    errors = []
    for file in files_below(source).values():
        if file.suffix == ".py":
            try:
                compile(read_file(file), str(file), "exec", dont_inherit=True)
            except (SyntaxError, ValueError) as error:
                line = (error.lineno if isinstance(error, SyntaxError) else None) or 1
                errors.append(f"{file}:{line}: {error.args[0]}")
    return errors


def _release(runtime: str) -> tuple[int, ...]:
    return tuple(int(part) for part in runtime.removeprefix("python").split("."))


def _top_level_names(body: Iterable[ast.stmt]) -> set[str]:
    """What importing the module may define; of an `if` or `try` every branch."""
    names: set[str] = set()
    for statement in body:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add(statement.name)
            case ast.Assign() | ast.AnnAssign():
                written = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
                names.update(node.id for node in written if isinstance(node.ctx, ast.Store))
            case ast.Import() | ast.ImportFrom():
                names.update(alias.asname or alias.name for alias in statement.names)
            case ast.If() | ast.Try():
                handlers = statement.handlers if isinstance(statement, ast.Try) else []
                branches = [*statement.body, *statement.orelse]
                branches += [inner for handler in handlers for inner in handler.body]
                names |= _top_level_names(branches)
            case _:
                pass
    return names

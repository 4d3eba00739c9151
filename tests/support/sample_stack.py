"""The shipped stack, built for tests: config.yaml as it is, or with a few lines changed."""

from __future__ import annotations

import hashlib
import os
import zipfile
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from provision.aws.client import Aws
from provision.config import Config, load
from provision.model.stack import Stack
from provision.stack import StackInputs, build_stack
from provision.stack.inputs import Package

ROOT = Path(__file__).resolve().parents[2]
MARK = "tap/dev/us-east-1/123456789012"
"""The beginning of the owner tags of the shipped stack in an emulated account."""
MOVED = {
    "table.items": "table.articles",
    "function.items": "function.shop",
    "layer.dependencies": "layer.packages",
}


def configured(directory: Path, changes: Mapping[str, Any] | None = None) -> Config:
    """Return the shipped config.yaml with `changes` merged in (None removes a key).

    The same text is read once: its sources are those of this repository, in any folder.
    """
    text = _written(repr(changes or {}), changes or {})
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / "config.yaml"
    with whole(file) as unfinished:
        unfinished.write_text(text, "utf-8")
    if text not in _configs:
        _configs[text] = load(file, environment=None)
    return _configs[text]


def _written(key: str, changes: Mapping[str, Any]) -> str:
    if key not in _texts:
        settings = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))
        settings.pop("environments")
        for part in (*settings["functions"].values(), *settings["layers"].values()):
            part["source"] = str(ROOT / part["source"])
        merge(settings, changes)
        _texts[key] = yaml.safe_dump(settings, sort_keys=False)
    return _texts[key]


_texts: dict[str, str] = {}
_configs: dict[str, Config] = {}


@contextmanager
def whole(file: Path) -> Iterator[Path]:
    """Yield a path to write to, so that no other process ever finds the file incomplete."""
    unfinished = file.with_name(f"{file.name}.{os.getpid()}")
    yield unfinished
    unfinished.replace(file)


def merge(settings: dict[str, Any], changes: Mapping[str, Any]) -> None:
    for key, value in changes.items():
        if value is None and key in settings:
            del settings[key]
        elif isinstance(value, Mapping) and isinstance(settings.get(key), dict):
            merge(settings[key], value)
        else:
            settings[key] = value


@dataclass
class TinySources:
    """Zips of a line each, so that no wheels are needed; `code` changes the function's."""

    directory: Path
    code: str = "def handler(event, context): return {}\n"
    layer_text: str = "x = 1\n"
    asked: list[str] = field(default_factory=list)

    def function(self, name: str) -> Package:
        self.asked.append(name)
        return self._zip(f"{name}-code", "app.py", self.code)

    def layer(self, name: str) -> Package:
        self.asked.append(name)
        return self._zip(f"{name}-layer", "python/lib.py", self.layer_text)

    def _zip(self, name: str, member: str, text: str) -> Package:
        self.directory.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        path = self.directory / f"{name}-{digest[:8]}.zip"
        if not path.exists():
            with whole(path) as unfinished, zipfile.ZipFile(unfinished, "w") as archive:
                archive.writestr(zipfile.ZipInfo(member, (1980, 1, 1, 0, 0, 0)), text)
        content = hashlib.sha256(path.read_bytes())
        return Package(str(path), content.hexdigest(), b64encode(content.digest()).decode())


def reference_stack(
    aws: Aws,
    directory: Path,
    changes: Mapping[str, Any] | None = None,
    sources: TinySources | None = None,
) -> Stack:
    """Return the shipped stack's nodes for the account behind `aws`."""
    return build_stack(reference_site(aws, directory, changes, sources))


def reference_site(
    aws: Aws,
    directory: Path,
    changes: Mapping[str, Any] | None = None,
    sources: TinySources | None = None,
) -> StackInputs:
    return StackInputs(
        configured(directory, changes),
        aws.location,
        (f"{aws.location.region}a", f"{aws.location.region}b"),
        sources or TinySources(directory / "zips"),
        lambda api, stage: f"https://{api}.test/{stage}",
    )


def renaming() -> dict[str, Any]:
    """Return the shipped stack with another key for everything that has one, and `moved`."""
    shipped = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))
    function = shipped["functions"]["items"] | {
        "source": str(ROOT / "function"),
        "layers": ["packages"],
        "tables": {"articles": "write"},
    }
    return {
        "tables": {"items": None, "articles": shipped["tables"]["items"]},
        "layers": {"dependencies": None, "packages": {"source": str(ROOT / "layer")}},
        "functions": {"items": None, "shop": function},
        "api": {"routes": {way: _led(to) for way, to in shipped["api"]["routes"].items()}},
        "moved": MOVED,
    }


def _led(route: Any) -> Any:
    return route | {"function": "shop"} if isinstance(route, dict) else "shop"

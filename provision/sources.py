"""Packages what Lambda runs, once each and only when its content changed."""

from __future__ import annotations

import threading
from pathlib import Path

from provision.bundle import Bundle, build_layer, zip_directory
from provision.config import Config
from provision.errors import ProvisionError
from provision.stack.site import Package
from provision.unknown import UNKNOWN

THIS_MACHINE = "local"


class BuiltSources:
    """Zips under `cache`, named by their content. Safe to use from many threads."""

    def __init__(self, config: Config, cache: Path, *, for_this_machine: bool) -> None:
        self._config = config
        self._cache = cache
        self._for_this_machine = for_this_machine
        self._mutex = threading.Lock()
        self._built: dict[Path, Package] = {}

    def function(self, name: str) -> Package:
        source = self._config.functions[name].source
        with self._mutex:
            if source not in self._built:
                self._built[source] = self._stored(zip_directory(source))
            return self._built[source]

    def layer(self, name: str) -> Package:
        source = self._config.layers[name].source
        with self._mutex:
            if source not in self._built:
                runtime, architecture = self._target(name)
                built = build_layer(
                    source, runtime=runtime, architecture=architecture, cache=self._cache
                )
                self._built[source] = self._stored(built)
            return self._built[source]

    def _target(self, layer: str) -> tuple[str, str]:
        """The runtime and architecture of the functions that use the layer: one of each."""
        users = [f for f in self._config.functions.values() if layer in f.layers]
        targets = sorted({(user.runtime, user.architecture) for user in users})
        if len(targets) > 1:
            raise ProvisionError(
                f"the layer {layer} is used for {' and '.join(' on '.join(t) for t in targets)}",
                hint="give each runtime and architecture a layer of its own",
            )
        runtime, architecture = targets[0] if targets else ("python3.13", "arm64")
        return (THIS_MACHINE if self._for_this_machine else runtime), architecture

    def _stored(self, bundle: Bundle) -> Package:
        path = self._cache / f"{bundle.sha256}.zip"
        if not path.exists():
            self._cache.mkdir(parents=True, exist_ok=True)
            temporary = path.with_suffix(".new")
            temporary.write_bytes(bundle.content)
            temporary.replace(path)
        return Package(str(path), bundle.sha256, bundle.code_sha256)


class NoSources:
    """For `down`: what is removed need not be built first."""

    def function(self, name: str) -> Package:  # noqa: ARG002  (the same for every name)
        return Package(UNKNOWN, UNKNOWN, UNKNOWN)

    def layer(self, name: str) -> Package:  # noqa: ARG002
        return Package(UNKNOWN, UNKNOWN, UNKNOWN)

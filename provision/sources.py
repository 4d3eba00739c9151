"""Packages what Lambda runs, once each and only when its content changed."""

from __future__ import annotations

import threading
from pathlib import Path

from provision.config import Config
from provision.handlers import in_folder, problem_in_layers
from provision.packaging.archive import Bundle, zip_directory
from provision.packaging.cache import Cache
from provision.packaging.layers import build_layer
from provision.stack.site import Package
from provision.trace import Trace
from provision.unknown import UNKNOWN

THIS_MACHINE = "local"


class BuiltSources:
    """Zips in the cache, named by their content. Safe to use from many threads."""

    def __init__(
        self, config: Config, cache: Cache, *, for_this_machine: bool, trace: Trace | None = None
    ) -> None:
        self._config = config
        self._trace = trace or Trace()
        self._cache = cache
        self._for_this_machine = for_this_machine
        self._mutex = threading.Lock()
        self._functions: dict[Path, Package] = {}
        self._layers: dict[str, Package] = {}

    def function(self, name: str) -> Package:
        with self._mutex:
            source = self._config.functions[name].source  # which other functions may share
            if source not in self._functions:
                with self._trace.span(f"package function {name}", "package"):
                    self._functions[source] = self._stored(zip_directory(source))
            return self._functions[source]

    def layer(self, name: str) -> Package:
        with self._mutex:
            if name not in self._layers:
                with self._trace.span(f"package layer {name}", "package"):
                    self._layers[name] = self._build_layer(name)
            return self._layers[name]

    def anew(self) -> BuiltSources:
        """For code that was saved since; the layers stay as they are."""
        again = BuiltSources(
            self._config, self._cache, for_this_machine=self._for_this_machine, trace=self._trace
        )
        again._layers = dict(self._layers)
        return again

    def build_layers(self) -> None:
        """All of them now, in the thread that asks: the installer then ends with Ctrl-C."""
        for name in self._config.layers:
            self.layer(name)

    def lost_handlers(self) -> dict[str, str]:
        """By function: why its handler is in none of its layers, where it is not in its source."""
        lost = {}
        for name, function in self._config.functions.items():
            if not in_folder(function.source, function.handler):
                zips = [Path(self.layer(each).zip) for each in function.layers]
                if said := problem_in_layers(zips, function.handler):
                    lost[name] = said
        return lost

    def _build_layer(self, name: str) -> Package:
        source = self._config.layers[name].source
        runtime, architecture = self._target(name)
        return self._stored(
            build_layer(source, runtime=runtime, architecture=architecture, cache=self._cache)
        )

    def _target(self, layer: str) -> tuple[str, str]:
        """The runtime and architecture of the functions that use the layer: one of each."""
        for function in self._config.functions.values():
            if layer in function.layers:  # the configuration allows no two targets
                runtime = THIS_MACHINE if self._for_this_machine else function.runtime
                return runtime, function.architecture
        return THIS_MACHINE, "x86_64"  # nobody uses it

    def _stored(self, bundle: Bundle) -> Package:
        return Package(str(self._cache.keep(bundle)), bundle.sha256, bundle.code_sha256)


class NoSources:
    """For `down`: what is removed need not be built first."""

    def function(self, name: str) -> Package:  # noqa: ARG002  (the same for every name)
        return Package(UNKNOWN, UNKNOWN, UNKNOWN)

    def layer(self, name: str) -> Package:  # noqa: ARG002
        return Package(UNKNOWN, UNKNOWN, UNKNOWN)

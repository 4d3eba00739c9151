"""Packages functions and layers for Lambda, once each and only when their content changed."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from provision import config
from provision.aws.concurrency import Once
from provision.config import Config
from provision.packaging.archive import Archive, zip_directory
from provision.packaging.cache import Cache
from provision.packaging.handlers import in_folder, problem_in_layers
from provision.packaging.layers import build_layer
from provision.packaging.target import LOCAL_RUNTIME
from provision.packaging.unzipped import folder_size, overweight, zip_size
from provision.stack.inputs import Package
from provision.trace import Trace
from provision.unknown import UNKNOWN


class PackageBuilder:
    """A builder of zips in the cache, named by their content. Safe to use from many threads."""

    def __init__(
        self, config: Config, cache: Cache, *, for_this_machine: bool, trace: Trace | None = None
    ) -> None:
        self._config = config
        self._trace = trace or Trace()
        self._cache = cache
        self._for_this_machine = for_this_machine
        self._functions: Once[tuple[Path, tuple[str, ...]], Package] = Once()
        self._layers: Once[str, Package] = Once()

    def function(self, name: str) -> Package:
        wanted = self._config.functions[name]  # other functions may have the same files
        return self._functions.get(
            (wanted.source, wanted.exclude), partial(self._package_function, name)
        )

    def layer(self, name: str) -> Package:
        return self._layers.get(name, partial(self._package_layer, name))

    def rebuilt(self) -> PackageBuilder:
        """Return a builder for code that was saved since then; the layers stay as they are."""
        again = PackageBuilder(
            self._config, self._cache, for_this_machine=self._for_this_machine, trace=self._trace
        )
        again._layers = self._layers.copied()
        return again

    def build_layers(self) -> None:
        """Build all layers now, in the calling thread: the installer then ends with Ctrl-C."""
        for name in self._config.built_layers:
            self.layer(name)

    def lost_handlers(self) -> dict[str, str]:
        """Return, by function, why a handler that its source lacks is in none of its layers."""
        lost = {}
        for name, function in self._config.functions.items():
            if not in_folder(function.source, function.handler, function.exclude):
                if self._uses_given(function):
                    continue  # it may be there
                zips = [Path(self.layer(each).zip) for each in function.layers]
                if said := problem_in_layers(zips, function.handler):
                    lost[name] = said
        return lost

    def overweight(self) -> dict[str, str]:
        """Return, by function, what is too large when unzipped with all its layers (L23)."""
        found = {}
        for name, function in self._config.functions.items():
            layers = {
                each: zip_size(Path(self.layer(each).zip))
                for each in function.layers
                if each in self._config.built_layers
            }
            if said := overweight(folder_size(function.source, function.exclude), layers):
                found[name] = said
        return found

    def _uses_given(self, function: config.Function) -> bool:
        """Return whether the function has a layer that is published already, of unknown content."""
        return any(each not in self._config.built_layers for each in function.layers)

    def _package_function(self, name: str) -> Package:
        with self._trace.span(f"package function {name}", "package"):
            wanted = self._config.functions[name]
            return self._stored(zip_directory(wanted.source, wanted.exclude))

    def _package_layer(self, name: str) -> Package:
        source = self._config.built_layers[name]
        runtime, architecture = self._target(name)
        with self._trace.span(f"package layer {name}", "package"):
            return self._stored(
                build_layer(source, runtime=runtime, architecture=architecture, cache=self._cache)
            )

    def _target(self, layer: str) -> tuple[str, str]:
        """Return the runtime and architecture of the functions that use the layer: one of each."""
        for function in self._config.functions.values():
            if layer in function.layers:  # the configuration allows no two targets
                runtime = LOCAL_RUNTIME if self._for_this_machine else function.runtime
                return runtime, function.architecture
        return LOCAL_RUNTIME, "x86_64"  # no function uses it

    def _stored(self, bundle: Archive) -> Package:
        return Package(str(self._cache.keep(bundle)), bundle.sha256, bundle.code_sha256)


class NoPackages:
    """A replacement of the builder for `down`: what is removed need not be built first."""

    def function(self, name: str) -> Package:  # noqa: ARG002  (the same for every name)
        return Package(UNKNOWN, UNKNOWN, UNKNOWN)

    def layer(self, name: str) -> Package:  # noqa: ARG002
        return Package(UNKNOWN, UNKNOWN, UNKNOWN)

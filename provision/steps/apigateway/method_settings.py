"""The settings of single methods of a stage, as values, in AWS's answers and in its patches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_apigateway.type_defs import MethodSettingTypeDef, PatchOperationTypeDef

EVERY_METHOD: Final = "*/*"
"""The key of the settings of all methods that have none of their own."""


@dataclass(frozen=True, kw_only=True)
class MethodSettings:
    """The settings of a method that has its own, so that none of `EVERY_METHOD` apply (A44).

    `rate` (requests a second) and `burst` limit all callers of the method together. Bodies are
    never wanted in the log (`log_bodies`), nor answers in a cache (`caching`).
    """

    method: str
    path: str
    rate: float
    burst: int
    log_level: str
    metrics: bool = True
    log_bodies: bool = False
    caching: bool = False

    @property
    def label(self) -> str:
        """The method as config.yaml writes its route."""
        return f"{self.method} {self.path}"

    @property
    def key(self) -> str:
        """AWS's name for the method: the path with its slashes escaped, and the verb (A44)."""
        return f"{self.path.replace('~', '~0').replace('/', '~1')}/{self.method}"


def methods_in(settings: Mapping[str, MethodSettingTypeDef]) -> tuple[MethodSettings, ...]:
    """Return the settings of single methods of a stage, sorted by path and method."""
    found = [_method(key, one) for key, one in settings.items() if _names_method(key)]
    return tuple(sorted(found, key=lambda one: (one.path, one.method)))


def other_keys(settings: Mapping[str, MethodSettingTypeDef]) -> list[str]:
    """Return the keys that name no method of an API: AWS accepts them, and they have no effect."""
    return [key for key in settings if key != EVERY_METHOD and not _names_method(key)]


def method_patches(
    want: Sequence[MethodSettings], have: Sequence[MethodSettings]
) -> Iterator[PatchOperationTypeDef]:
    """Yield the patches from the settings in `have` to those in `want`.

    A method that differs gets all its settings; one without settings loses its whole key (A17).
    """
    known = {one.label: one for one in have}
    for label in sorted(known.keys() - {one.label for one in want}):
        yield {"op": "remove", "path": f"/{known[label].key}"}
    for one in want:
        before = known.get(one.label)
        if one != before:
            yield from setting_patches(
                one.key,
                log_level=one.log_level,
                metrics=one.metrics,
                rate=one.rate,
                burst=one.burst,
            )
        if before and before.caching:
            yield set_to(f"/{one.key}/caching/enabled", as_text(value=one.caching))


def setting_patches(
    key: str, *, log_level: str, metrics: bool, rate: float, burst: int
) -> Iterator[PatchOperationTypeDef]:
    """Yield patches of a whole key, a part of which a crash may have left; as text (A17)."""
    values = {
        "logging/loglevel": log_level,
        "logging/dataTrace": as_text(value=False),
        "metrics/enabled": as_text(value=metrics),
        "throttling/rateLimit": str(rate),
        "throttling/burstLimit": str(burst),
    }
    yield from (set_to(f"/{key}/{name}", value) for name, value in values.items())


def set_to(path: str, value: str) -> PatchOperationTypeDef:
    return {"op": "replace", "path": path, "value": value}


def as_text(*, value: bool) -> str:
    return "true" if value else "false"


def _names_method(key: str) -> bool:
    resource, _, verb = key.rpartition("/")
    return resource.startswith("~1") and "/" not in resource and verb.isalpha()


def _method(key: str, found: MethodSettingTypeDef) -> MethodSettings:
    resource, _, verb = key.rpartition("/")
    return MethodSettings(
        method=verb,
        path=resource.replace("~1", "/").replace("~0", "~"),
        rate=found.get("throttlingRateLimit", 0.0),
        burst=found.get("throttlingBurstLimit", 0),
        log_level=found.get("loggingLevel", "OFF"),
        metrics=found.get("metricsEnabled", False),
        log_bodies=found.get("dataTraceEnabled", False),
        caching=found.get("cachingEnabled", False),
    )

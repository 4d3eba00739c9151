"""Reads, merges and checks config.yaml: the settings in effect for one environment.

`load` returns a `Config`, or raises `ConfigInvalid` with every `Problem` of the file. The other
classes are the sections of `Config`. `schema` and `reference` describe the format of the file;
`effective` and `shown` print the values in effect.
"""

from __future__ import annotations

from provision.config.load import load
from provision.config.problems import ConfigInvalid, Problem
from provision.config.reference import effective, reference, schema, shown
from provision.config.schema.api import (
    Api,
    ApiLog,
    Cors,
    CustomDomain,
    Quota,
    Route,
    RouteParts,
    Throttle,
)
from provision.config.schema.functions import (
    Function,
    FunctionLog,
    Layer,
    PolicyStatement,
    Retries,
    Secret,
)
from provision.config.schema.monitoring import Alarms, Monitoring
from provision.config.schema.root import Config, FlowLogs, Network
from provision.config.schema.tables import Capacity, Expire, Table

__all__ = [
    "Alarms",
    "Api",
    "ApiLog",
    "Capacity",
    "Config",
    "ConfigInvalid",
    "Cors",
    "CustomDomain",
    "Expire",
    "FlowLogs",
    "Function",
    "FunctionLog",
    "Layer",
    "Monitoring",
    "Network",
    "PolicyStatement",
    "Problem",
    "Quota",
    "Retries",
    "Route",
    "RouteParts",
    "Secret",
    "Table",
    "Throttle",
    "effective",
    "load",
    "reference",
    "schema",
    "shown",
]

"""Builds the environment variables of a function."""

from __future__ import annotations

from provision import config
from provision.stack.inputs import StackInputs


def environment(inputs: StackInputs, key: str) -> dict[str, str]:
    """Return the variables, the user's own last. A secret's value is the place where it is kept."""
    function, cors = inputs.config.functions[key], inputs.config.api.cors
    found = {
        "POWERTOOLS_SERVICE_NAME": inputs.aws_name("function", key),
        "POWERTOOLS_METRICS_NAMESPACE": inputs.config.prefix,
    }
    for name in function.tables:
        table, suffix = inputs.config.tables[name], name.upper().replace("-", "_")
        found[f"TABLE_{suffix}"] = inputs.aws_name("table", name)
        if table.expire:
            found[f"EXPIRE_ATTRIBUTE_{suffix}"] = table.expire.attribute
            found[f"EXPIRE_DAYS_{suffix}"] = str(table.expire.days)
    if cors:
        found["CORS_ORIGIN"] = ",".join(cors.origins)
        found["CORS_HEADERS"] = ",".join(cors.headers)
        found["CORS_EXPOSE"] = ",".join(cors.expose)
        found["CORS_MAX_AGE"] = str(cors.max_age)
        if cors.credentials:
            found["CORS_COOKIES"] = "true"
    return found | {
        name: value.secret if isinstance(value, config.Secret) else value
        for name, value in function.environment.items()
    }

"""The shipped routes as Chalice declares them; of these it makes a function, its role, an API."""
# mypy: ignore-errors

from typing import Any

from chalice import Chalice

app = Chalice(app_name="peer")


@app.route("/items", methods=["GET", "POST"], cors=True, api_key_required=True)
def items() -> dict[str, Any]:
    return {}


@app.route("/items/{key}", methods=["GET", "PUT", "DELETE"], cors=True, api_key_required=True)
def item(key: str) -> dict[str, Any]:
    return {"id": key}

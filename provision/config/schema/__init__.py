"""The configuration of one environment, as frozen values that pydantic validates.

Each module has one section. `root.Config` is the top level; `types` has the base class
`ConfigSection` and the field types that sections share; `json_schema` describes the values that
each position of the file may have.
"""

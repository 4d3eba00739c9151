"""The configuration of one environment, as frozen values that pydantic validates: a section a file.

`root.Config` is the top level; `types` has what the sections share; `json_schema` walks the schema
beside the file to say what may be written where.
"""

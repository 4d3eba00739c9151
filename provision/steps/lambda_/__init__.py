"""Lambda functions, their versions, aliases and permissions, and layers.

The steps are `Function`, `Version`, `Alias`, `EventInvoke`, `Permission` and `Layer`. `states`
waits until Lambda has finished with a function, `configuration` translates AWS's answers into the
steps' fields, and `import_check` invokes a version once before callers reach it.
"""

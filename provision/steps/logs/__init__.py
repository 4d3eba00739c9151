"""CloudWatch Logs.

`log_group.LogGroup` is the log group of a function, of API Gateway or of the network, with its
retention, its key and its deletion protection.
"""

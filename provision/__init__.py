"""A tool that deploys and removes a production serverless API by calling AWS directly.

`cli` and `commands` are the command line; `workflows`, `engine`, `plan` and `state` decide and
carry out changes; `stack`, `steps` and `model` describe the resources; `config` reads config.yaml;
`aws` holds the clients; `local` and `packaging` hold the embedded emulator and the zips for Lambda.
"""

__version__ = "0.1.0"

"""A production serverless API on AWS, made and removed by calling AWS directly."""

__version__ = "0.1.0"

"""The web ACL before the API."""

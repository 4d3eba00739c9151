"""API Gateway: REST APIs and all that belongs to them, from keys to domain names."""

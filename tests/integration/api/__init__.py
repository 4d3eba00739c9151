"""Every change of the API is published and served, and no other run publishes a deployment."""

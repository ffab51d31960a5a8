"""What FastAPI reads from a request: parameters, bodies and dependencies."""

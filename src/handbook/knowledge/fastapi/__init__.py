"""What the rules know of FastAPI and Starlette."""

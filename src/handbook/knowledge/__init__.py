"""What the rules know of FastAPI, Starlette, Pydantic and SQLAlchemy."""

"""Tests of what the rules know of FastAPI, Pydantic and SQLAlchemy."""

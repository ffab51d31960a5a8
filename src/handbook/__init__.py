"""A written engineering standard for Python and FastAPI that enforces itself."""

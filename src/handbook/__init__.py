"""A written engineering standard for Python and FastAPI that enforces itself."""

__version__ = "0.1.0"

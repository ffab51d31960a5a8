"""Chapter 10: Pydantic schemas."""

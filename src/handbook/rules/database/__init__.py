"""Chapter 13: the database: engines, sessions and ORM models."""

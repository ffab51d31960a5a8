"""Chapter 11: dependencies and dependency injection."""

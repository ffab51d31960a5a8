"""Chapter 03: type hints and annotations."""

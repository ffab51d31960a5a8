"""Chapter 05: imports and modules."""

"""Chapter 15: repositories."""

"""Chapter 09: router organization."""

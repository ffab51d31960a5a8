"""Chapter 06: error handling."""

"""Chapter 12: middleware and CORS."""

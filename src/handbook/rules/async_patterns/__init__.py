"""Chapter 07: async patterns."""

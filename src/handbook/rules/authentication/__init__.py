"""Chapter 16: authentication and authorization."""

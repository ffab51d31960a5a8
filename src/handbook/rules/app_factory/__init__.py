"""Chapter 08: the app factory and the lifespan."""

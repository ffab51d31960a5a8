"""Apps, routers and routes: what they are and how they are put together."""

"""Middleware, its order around an app, and what runs when an app starts."""

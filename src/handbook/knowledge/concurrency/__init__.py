"""Blocking calls, and what runs outside of any request."""

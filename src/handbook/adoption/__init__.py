"""How an existing project begins: known violations, and what a change adds to them."""

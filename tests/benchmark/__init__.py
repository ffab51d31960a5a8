"""How fast `handbook` is beside other tools: run `uv run python -m tests.benchmark`."""

"""What a change does to the findings in real projects: `python -m tests.ecosystem`."""

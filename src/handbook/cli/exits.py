"""How the command ends."""

CLEAN = 0
VIOLATIONS = 1
FAILED = 2
"""It was called wrongly, or we failed."""
INTERRUPTED = 130
"""As shells say of a process that Ctrl-C ended."""

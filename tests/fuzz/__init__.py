"""Programs and projects made up by a grammar, and what must hold of each."""

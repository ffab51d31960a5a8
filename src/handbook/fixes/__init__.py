"""How violations are mended: drafts, text edits, imports, and files that are rewritten."""

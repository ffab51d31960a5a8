"""Applies fixes to files: which of them go together, in what order, and what is written."""

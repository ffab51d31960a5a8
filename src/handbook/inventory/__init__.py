"""What a project serves, told from its source: nothing is imported or run."""

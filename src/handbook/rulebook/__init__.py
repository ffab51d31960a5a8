"""What a rule is, which rules there are, and how each is documented."""

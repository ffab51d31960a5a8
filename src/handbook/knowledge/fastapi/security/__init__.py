"""Authentication, tokens and secrets."""

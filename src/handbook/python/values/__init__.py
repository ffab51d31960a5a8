"""What values an expression may have."""

"""What calls what, and with which arguments."""

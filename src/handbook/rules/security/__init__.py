"""Chapter 17: security hardening."""

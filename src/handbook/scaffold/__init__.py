"""New services, made from the reference service that ships with the package."""

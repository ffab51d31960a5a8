"""The files of a project, and what names in them mean."""

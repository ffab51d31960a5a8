"""What names and expressions mean, in one file and across a project: asked for, never swept."""

"""Chapter 00: what the tool says of files and comments, whatever the standard."""

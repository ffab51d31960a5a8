"""The language server: `handbook server`, over standard input and output."""

"""What a file says: its text, its `ast` and LibCST trees, its names and where they stand."""

"""Results of earlier runs, kept on disk and used again as long as nothing they rest on changed."""

"""What a route answers with: response models, ready-made responses, status codes, errors."""

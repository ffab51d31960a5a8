"""What the rules know of Pydantic: schemas, their fields, and the API of version 1."""

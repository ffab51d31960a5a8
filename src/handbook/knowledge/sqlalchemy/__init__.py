"""What the rules know of SQLAlchemy: ORM models, mapped attributes and sessions."""

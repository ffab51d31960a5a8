"""Of what type an expression is: annotations, inference, the types of libraries."""

"""The comments of a file, and where they stand."""

import tokenize

from handbook.python.project.source import SourceFile
from handbook.syntax.tokens import tokens_of
from handbook.violation import Span


def comments_of(file: SourceFile) -> list[tuple[Span, str]]:
    """Every comment of a file in order, `#` included."""

    def read() -> list[tuple[Span, str]]:
        return [
            (Span.of(*token.start, *token.end), token.string)
            for token in tokens_of(file.lines)
            if token.type == tokenize.COMMENT
        ]

    return file.fact("comments", read)

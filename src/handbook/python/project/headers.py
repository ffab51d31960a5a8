"""Where things stand in the header of a function that no tree gives a place."""

import tokenize

from handbook.python.project.source import SourceFile
from handbook.syntax.outline import FunctionScope
from handbook.violation import Position


def end_of_parameters(file: SourceFile, function: FunctionScope) -> Position | None:
    """The place behind the `)` of a function's parameters: where ` -> X` would go."""
    first = function.node.lineno
    header = file.lines[first - 1 : function.node.body[0].lineno]
    rows = iter([line.rstrip("\r\n") + "\n" for line in header])
    opened: list[str] = []
    try:
        for token in tokenize.generate_tokens(lambda: next(rows, "")):
            if token.type != tokenize.OP:
                continue
            if token.string in "([{":
                opened.append(token.string)
            elif token.string in ")]}":
                # The brackets before the parentheses are those of type parameters.
                if opened == ["("]:
                    row, column = token.end
                    return Position(first + row - 1, column)
                opened.pop()
    except (tokenize.TokenError, SyntaxError, IndexError):
        pass
    return None

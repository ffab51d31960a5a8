"""Conditions that tell one environment from another: a developer's machine from production."""

import ast
import re

from handbook.syntax.control_flow import Condition

_ENVIRONMENT = re.compile(
    r"debug|prod|dev|local|test|stag|(?:^|_)env(?:ironment)?(?:$|_)", re.IGNORECASE
)


def is_about_environment(condition: Condition) -> bool:
    """Whether a condition tells a developer's machine from the others."""
    for node in ast.walk(condition.test):
        match node:
            case ast.Name(id=word) | ast.Attribute(attr=word) | ast.Constant(value=str(word)):
                if _ENVIRONMENT.search(word):
                    return True
    return False

"""The settings of ruff with which both linters live in peace."""

from collections.abc import Iterable, Iterator

from handbook.rulebook.rule import Rule

_WIDTH = 88


def settings_for(rules: Iterable[Rule]) -> Iterator[str]:
    """Yield a `ruff.toml` for projects that run these rules.

    Ruff keeps comments that name our codes, and leaves alone what contradicts one of the rules.
    """
    rules = list(rules)
    conflicts = _by_ruff_code((code, rule) for rule in rules for code in rule.conflicts)
    overlaps = _by_ruff_code((code, rule) for rule in rules for code in rule.overlaps)
    yield "# Settings of ruff that go with handbook, as ruff.toml has them. Below pyproject.toml's\n"
    yield "# [tool.ruff] the table is called [tool.ruff.lint].\n"
    yield "[lint]\n"
    yield "# Codes of handbook in `# noqa` comments are no mistakes: RUF102 would delete them.\n"
    yield 'external = ["HB"]\n'
    if conflicts:
        yield "\n# These ask for the opposite of what handbook asks for.\n"
        yield "ignore = [\n"
        for code, because in conflicts.items():
            yield from _comment(f"{code} contradicts {_and(because)}", indent=4)
            yield f'    "{code}",\n'
        yield "]\n"
    shared = {code: rules for code, rules in overlaps.items() if code not in conflicts}
    if shared:
        yield "\n# These report some of what handbook reports, too. Put them under `ignore` to hear of\n"
        yield "# each fault once.\n"
        for code, rules_for_code in shared.items():
            names = ", ".join(f"{rule.code} {rule.slug()}" for rule in rules_for_code)
            yield f'#   "{code}",  # {names}\n'


def _by_ruff_code(pairs: Iterable[tuple[str, Rule]]) -> dict[str, list[Rule]]:
    found: dict[str, list[Rule]] = {}
    for code, rule in sorted(pairs, key=lambda pair: (pair[0], pair[1].code)):
        found.setdefault(code, []).append(rule)
    return found


def _and(rules: Iterable[Rule]) -> str:
    return "; ".join(f"{rule.code} {rule.slug()}: {rule.summary()}" for rule in rules)


def _comment(text: str, indent: int) -> Iterator[str]:
    import textwrap

    prefix = f"{' ' * indent}# "
    for line in textwrap.wrap(text, _WIDTH - len(prefix), break_on_hyphens=False):
        yield f"{prefix}{line}\n"

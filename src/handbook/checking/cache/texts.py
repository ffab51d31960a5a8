"""What is asked of the texts of all files: which hold a word, which pass a test, what is renamed."""

import json
from collections.abc import Callable, Iterable, Set

from handbook.checking.cache.knowledge import RENAMES, Knowledge
from handbook.checking.cache.stamps import digest
from handbook.python.project.facts import IMPORTS, TEST, WORD
from handbook.python.project.project import Project
from handbook.python.project.word_index import TESTS, renames_in, words_in


def update_texts(
    knowledge: Knowledge,
    project: Project,
    state_of: Callable[[str], str],
    generation: int,
    but: Set[str],
) -> bool:
    """Take note of what the texts say that are others than those that are known.

    Args:
        knowledge: what is known; it has the states of files still that it is compared by.
        project: whose files are looked at.
        state_of: tells the state of a file.
        generation: of this run.
        but: files to leave as they are known.

    Returns whether there was anything to note.
    """
    now = project.paths
    changed = [
        path
        for path in now
        if path not in but
        and (path not in knowledge.listed or state_of(path) != knowledge.state(path))
    ]
    gone = sorted(knowledge.listed.difference(now) - but)
    is_new = RENAMES not in knowledge.things
    for path in changed:
        if path in knowledge.things:
            continue
        # Its bit stands for it in what is said of words.
        knowledge.note(path, state_of(path), generation)
    words = [thing for thing in knowledge.things if thing.startswith(WORD)]
    tests = [thing for thing in knowledge.things if thing.startswith(TEST)]
    for path in (*changed, *gone):
        text = b"" if path in gone else project.index.text(path)
        held = words_in(text) if words else frozenset()
        for thing in words:
            _put(knowledge, thing, path, thing[len(WORD) :] in held, generation)
        for thing in tests:
            test = TESTS.get(thing[len(TEST) :])
            if test is None:
                knowledge.note(thing, f"{generation}", generation)
            else:
                _put(knowledge, thing, path, path not in gone and test(text), generation)
        if path in gone:
            knowledge.imports.pop(path, None)
        else:
            found = repr(project.index.imports(path))
            knowledge.imports[path] = digest(found.encode("utf-8", "surrogatepass"))
        pairs = sorted(renames_in(text))
        if pairs:
            knowledge.renames[path] = pairs
        else:
            knowledge.renames.pop(path, None)
    for path in changed:
        knowledge.note(path, state_of(path), generation)
    knowledge.listed.update(changed)
    knowledge.listed.difference_update(gone)
    if changed or gone or is_new:
        renames = sorted({(*pair,) for pairs in knowledge.renames.values() for pair in pairs})
        state = digest(json.dumps(renames).encode("ascii"))
        knowledge.note(RENAMES, state, generation)
        imports = json.dumps(sorted(knowledge.imports.items()))
        knowledge.note(IMPORTS, digest(imports.encode("ascii")), generation)
    return bool(changed or gone or is_new)


def state_of_text(knowledge: Knowledge, project: Project, thing: str) -> str:
    """Which files a word or test is true of, by the numbers of the files."""
    if thing.startswith(WORD):
        return _state(knowledge, project.index.holding(thing[len(WORD) :]))
    test = TESTS.get(thing[len(TEST) :])
    return "" if test is None else _state(knowledge, project.index.passing(project.paths, test))


def _state(knowledge: Knowledge, paths: Iterable[str]) -> str:
    return _written({knowledge.things[path] for path in paths})


def _put(knowledge: Knowledge, thing: str, path: str, holds: bool, generation: int) -> None:
    """Note whether a word or test is true of a file."""
    number = knowledge.things[path]
    before = knowledge.state(thing) or ","
    if (f",{number}," in before) != holds:
        numbers = {int(part) for part in before.split(",") if part} ^ {number}
        knowledge.note(thing, _written(numbers), generation)


def _written(numbers: Set[int]) -> str:
    return f",{','.join(map(str, sorted(numbers)))},"

"""What names mean across the files of a project: asked for one by one, never swept."""

import ast
import builtins
from collections.abc import Container, Iterator, Sequence

from handbook.python.project.facts import EVERYTHING
from handbook.python.project.files import Files
from handbook.python.project.symbols import External, Symbol, Variable, dotted_parts
from handbook.syntax.names import Names
from handbook.syntax.outline import (
    Assigned,
    Binding,
    ClassScope,
    FunctionScope,
    Imported,
    Outline,
    Scope,
)
from handbook.syntax.text import parse_expression

__all__ = ["EVERYTHING", "External", "Project", "Symbol", "Variable", "dotted_parts"]

_MOST_ANCESTORS = 64
"""Of what a class inherits from beyond so many others nothing is said."""
_BUILTINS = frozenset(dir(builtins))


class Project(Files):
    """The Python files below one root folder, and what names in them mean.

    A question that cannot be answered with certainty is answered `None`.
    """

    # Names

    def resolve_name(self, parts: Sequence[str], scope: Scope) -> Symbol | None:
        """What a dotted name refers to, seen from a scope; `None` where that is not certain."""
        found = scope.lookup(parts[0])
        if found is None:
            symbol = self._outside(parts[0], scope.outline)
        else:
            symbol = self._bound(found[0], parts[0])
        if len(parts) == 1:
            return symbol
        if isinstance(symbol, External) and found is not None:
            return self._below(symbol, found[1][0], parts[1:])
        return self._descend(symbol, parts[1:])

    def _below(self, head: External, bound: Binding, rest: Sequence[str]) -> Symbol | None:
        """What a name means that begins with something outside of the project, or with a folder.

        After `import app.users`, `app` is no library if it is a folder that is no regular package.
        """
        if isinstance(bound, Imported) and bound.name is None and bound.alias.asname is None:
            root = self.start(bound.module, bound.scope.outline)
            if self.locate(bound.target, root) is not None:
                return self.resolve(".".join((bound.target, *rest)), root)
        return self._descend(head, rest)

    def resolve_expression(self, node: ast.expr, scope: Scope) -> Symbol | None:
        """What a name, a dotted name or a quoted one refers to, seen from a scope."""
        self.steps.taken += 1  # What is known takes a step too, but no call.
        if self._tracks:  # As in `_bound`.
            return self._meant(node, scope)
        key = (node, scope)
        if key in self._facts:
            return self._facts[key][0]  # type: ignore[return-value]
        return self.fact(key, lambda: self._meant(node, scope))

    def _meant(self, node: ast.expr, scope: Scope) -> Symbol | None:
        if isinstance(node, ast.Name):  # Three of four are.
            return self.resolve_name((node.id,), scope)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            parsed = parse_expression(node.value)
            if parsed is None:
                return None
            node = parsed
        parts = dotted_parts(node)
        return self.resolve_name(parts, scope) if parts else None

    def resolve(self, name: str, root: str = "") -> Symbol | None:
        """What an absolute dotted name refers to, seen from a file below the source root `root`.

        Returns `None` where the project has the module but not surely the name.
        """
        return self.fact((name, root), lambda: self._resolve(name.split("."), root))

    def _resolve(self, parts: Sequence[str], root: str) -> Symbol | None:
        path = self.locate(parts[0], root) if parts[0] else None
        if path is None:
            return External(".".join(parts)) if parts[0] else None
        for index in range(1, len(parts) + 1):
            rest = parts[index:]
            submodule = self.locate(".".join(parts[: index + 1]), root) if rest else None
            if not path.endswith((".py", ".pyi")):
                # A folder that is no regular package may only share its name with a library.
                if submodule is None:
                    return External(".".join(parts))
            else:
                outline = self.outline(path)
                if outline is None:
                    return None
                if not rest:
                    return outline
                if submodule is None or self._binds(outline, rest[0]):
                    return self._descend(outline, rest)
            path = submodule
        return None

    def imported(self, imported: Imported) -> Symbol | None:
        """What an import statement takes: its module part names modules, whatever they bind."""
        root = self.start(imported.module, imported.scope.outline)
        if imported.name is None:
            return self.resolve(imported.target, root)
        return self.fact(
            (f"{imported.module}:{imported.name}", root), lambda: self._taken(imported, root)
        )

    def imports_any(self, outline: Outline, names: Names) -> bool:
        """Whether one of some names of libraries can be reached by what a file imports.

        That a file does so is not said: it may import a module and take nothing from it.
        """
        return bool(outline.star_imports) or any(
            isinstance(symbol, Outline)
            or (isinstance(symbol, External) and symbol.qualified_name in names.paths)
            for symbol in (self.imported(found) for found in outline.imports if found.target)
        )

    def _taken(self, imported: Imported, root: str) -> Symbol | None:
        path = self.locate(imported.module, root)
        if path is None or not path.endswith((".py", ".pyi")):
            return self.resolve(imported.target, root)
        outline = self.outline(path)
        return self._module_member(outline, imported.name or "") if outline else None

    def _binds(self, outline: Outline, name: str) -> bool:
        """Whether a package binds `name` to something else than its submodule of that name."""
        bound = outline.bindings.get(name, ())
        return any(
            not (isinstance(binding, Imported) and binding.target == f"{outline.module}.{name}")
            for binding in bound
        )

    def _outside(self, name: str, outline: Outline) -> Symbol | None:
        """A name that no scope of the module binds: from a star import, or a builtin."""
        starred = self._starred(outline, name)
        if starred is not None:
            return starred
        external = [
            star
            for star in outline.star_imports
            if self.locate(star, self.start(star, outline)) is None
        ]
        if name in _BUILTINS:
            return External(f"builtins.{name}") if not external else None
        return External(f"{external[0]}.{name}") if len(external) == 1 else None

    def _starred(self, outline: Outline, name: str) -> Symbol | None:
        if not outline.star_imports:
            return None
        return self._unless_circular((outline, name, "*"), lambda: self._from_star(outline, name))

    def _from_star(self, outline: Outline, name: str) -> Symbol | None:
        for star in reversed(outline.star_imports):
            module = self.resolve(star, self.start(star, outline))
            if not isinstance(module, Outline) or module is outline:
                continue
            exported = module.exports
            if name in exported if exported is not None else not name.startswith("_"):
                found = self._descend(module, [name])
                if found is not None:
                    return found
        return None

    def _bound(self, scope: Scope, name: str) -> Symbol | None:
        """What a name that a scope binds refers to."""
        if self._tracks and scope.parent is not None:
            # In an editor it costs more to keep so many facts up to date. Imports are asked for
            # again and again.
            return self._followed(scope, name)
        key = (scope, name)
        if key in self._facts and self.asked is None:
            return self._facts[key][0]  # type: ignore[return-value]
        return self.fact(key, lambda: self._followed(scope, name))

    def _followed(self, scope: Scope, name: str) -> Symbol | None:
        bound = scope.bindings[name]
        if not isinstance(bound[0], Imported | Assigned):
            return self._follow(scope, name, bound)  # That leads to no other name.
        return self._unless_circular((scope, name), lambda: self._follow(scope, name, bound))

    def _follow(self, scope: Scope, name: str, bound: Sequence[Binding]) -> Symbol | None:
        first, last = bound[0], bound[-1]
        if isinstance(first, Imported):
            targets = {found.target if isinstance(found, Imported) else "" for found in bound}
            if len(targets) == 1 and first.target:
                return self.imported(first)
            return self._agreed(bound)
        if len(bound) == 1 and isinstance(first, ClassScope):
            return first
        if isinstance(last, FunctionScope) and all(
            isinstance(found, FunctionScope) and (found is last or found.node.decorator_list)
            for found in bound
        ):
            return last
        variable = Variable(scope, name, bound)
        match bound:
            case [Assigned(value=ast.Name() | ast.Attribute() as value)]:
                return self.resolve_expression(value, scope) or variable
        return variable

    def _agreed(self, bound: Sequence[Binding]) -> Symbol | None:
        """What several imports mean that take the same thing: `from .db` or else `from db`."""
        found = [
            self.imported(binding) if isinstance(binding, Imported) and binding.target else None
            for binding in bound
        ]
        is_own = found[0] is not None and not isinstance(found[0], External)
        return found[0] if is_own and all(other == found[0] for other in found) else None

    def _descend(self, symbol: Symbol | None, rest: Sequence[str]) -> Symbol | None:
        for part in rest:
            match symbol:
                case External():
                    symbol = External(f"{symbol.qualified_name}.{part}")
                case Outline():
                    symbol = self._module_member(symbol, part)
                case ClassScope():
                    owner = self.owner(symbol, part)
                    symbol = self._bound(owner, part) if owner is not None else None
                case _:
                    return None
        return symbol

    def _module_member(self, outline: Outline, name: str) -> Symbol | None:
        if name in outline.bindings and self._binds(outline, name):
            return self._bound(outline, name)
        if outline.is_package:
            path = self.locate(f"{outline.module}.{name}", outline.root)
            if path is not None:
                return self.outline(path)
        return self._starred(outline, name)

    # Inheritance

    def bases(self, class_: ClassScope) -> Iterator[Symbol | None]:
        """What a class names as its bases, without their type arguments."""
        for base in class_.node.bases:
            value = base.value if isinstance(base, ast.Subscript) else base
            yield self.resolve_expression(value, class_.parent or class_)

    def ancestry(self, class_: ClassScope) -> Iterator[Symbol | None]:
        """A class and all that it inherits from, nearest first, each once; `None` for unknown."""
        seen: set[int] = set()
        queue: list[Symbol | None] = [class_]
        for symbol in queue:
            self.steps.take()
            if isinstance(symbol, ClassScope):
                if id(symbol) in seen:
                    continue
                if len(seen) >= _MOST_ANCESTORS:
                    yield None
                    return
                seen.add(id(symbol))
                queue.extend(self.bases(symbol))
            yield symbol

    def reaches(self, class_: ClassScope, names: Container[str]) -> bool:
        """Whether a class surely inherits from, or is, one of the qualified names."""
        if self._tracks:  # As in `_bound`.
            return any(name in names for name in self._ancestors(class_))
        known = self.fact(("ancestors", class_), lambda: [*self._ancestors(class_)])
        return any(name in names for name in known)

    def _ancestors(self, class_: ClassScope) -> Iterator[str]:
        """The qualified names of what is known of a class's ancestry."""
        for symbol in self.ancestry(class_):
            if symbol is not None:
                yield symbol.qualified_name

    def owner(self, class_: ClassScope, name: str) -> ClassScope | None:
        """The nearest class of the ancestry that binds a member of that name in its body."""
        for symbol in self.ancestry(class_):
            if isinstance(symbol, ClassScope) and name in symbol.bindings:
                return symbol
            if symbol is None:
                return None
        return None

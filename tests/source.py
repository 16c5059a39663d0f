"""The project's own Python as it is written: which module imports what, and which library functions it calls."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Module:
    """One file, by its dotted name."""

    name: str
    path: Path

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree."""
        return ast.parse(self.path.read_text(), str(self.path))

    @cached_property
    def imports(self) -> dict[str, int]:
        """Every dotted name it imports, wherever in the file, with a line that does so."""
        return self._imports_among(ast.walk(self.tree))

    @cached_property
    def needs(self) -> dict[str, int]:
        """As `imports`, without those that only the type checker sees."""
        return self._imports_among(_run_time(self.tree))

    def _imports_among(self, nodes: Iterable[ast.AST]) -> dict[str, int]:
        found: dict[str, int] = {}
        for node in nodes:
            for name in self._imported(node).values():
                found.setdefault(name, getattr(node, "lineno", 0))
        return found

    def calls(self) -> Iterator[tuple[str, int]]:
        """(dotted name, line) of each attribute or name that leads back to an import: `datetime.datetime.now`."""
        local = {key: name for node in ast.walk(self.tree) for key, name in self._bound(node)}
        for node in ast.walk(self.tree):
            parts: list[str] = []
            inner: ast.AST = node
            while isinstance(inner, ast.Attribute):
                parts.insert(0, inner.attr)
                inner = inner.value
            if isinstance(inner, ast.Name) and inner.id in local:
                yield ".".join([local[inner.id], *parts]), inner.lineno

    def _bound(self, node: ast.AST) -> Iterator[tuple[str, str]]:
        for key, name in self._imported(node).items():
            # `import a.b` binds `a`, and `a.b.c` then reads as it stands.
            yield (key.partition(".")[0], name.partition(".")[0]) if key == name else (key, name)

    def _imported(self, node: ast.AST) -> dict[str, str]:
        """The local name of each thing this statement imports, and its full one."""
        if isinstance(node, ast.Import):
            return {alias.asname or alias.name: alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            start = self._package(node.level) if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            return {alias.asname or alias.name: f"{base}.{alias.name}" for alias in node.names}
        return {}

    def _package(self, level: int) -> list[str]:
        parts = self.name.split(".")
        drop = level - (self.path.name == "__init__.py")
        return parts[: len(parts) - drop]


def _run_time(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    checker_only = isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
    for child in ast.iter_child_nodes(node) if not checker_only else ():
        yield from _run_time(child)


def modules(*folders: str) -> list[Module]:
    """The modules under these top-level folders, in order of name."""
    found = []
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found.append(Module(name, path))
    return found


def within(name: str, *prefixes: str) -> bool:
    """Whether a dotted name is one of these, or inside one."""
    return any(name == prefix or name.startswith(prefix + ".") for prefix in prefixes)

"""python3 python_pages.py FOLDER: the Python package's own pages, a Markdown file a module, from its source text alone (nothing is imported, so no NumPy or PyTorch is asked for). A public name without a docstring, or a
field that says nothing, ends it."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

source = Path(__file__).resolve().parents[2] / "python/src/nclab"

#: Page, its title, what it opens with, and the file and the names that stand there (None: all that are public).
pages: dict[str, tuple[str, str, list[tuple[str, list[str] | None]]]] = {
    "python-functions": (
        "Python: nclab",
        "What `import nclab` gives. The guide is [python.md](../../../docs/python.md).",
        [("__init__.py", None), ("_errors.py", None)],
    ),
    "python-settings": ("Python: nclab.settings", "", [("settings.py", None)]),
    "python-results": ("Python: nclab.results", "", [("_build.py", ["Floats", "Ints"]), ("results.py", None)]),
    "python-torch": ("Python: nclab.torch", "", [("torch.py", None)]),
}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    places = {name: page for page, (_, _, files) in pages.items() for file, only in files for name in names(file, only)}
    for page, (title, opening, files) in pages.items():
        parts = [f"---\ntitle: {title!r}\n---\n", opening or prose(essay(source / files[-1][0]), places)]
        for file, only in files:
            lines = (source / file).read_text(encoding="utf-8").splitlines()
            tree = ast.parse("\n".join(lines))
            for node in tree.body:
                if name_of(node) in names(file, only):
                    parts.append(described(node, lines, places))
        text = re.sub(r"\n{3,}", "\n\n", "\n\n".join(parts))
        (folder / f"{page}.md").write_text(text.strip() + "\n", encoding="utf-8")


def names(file: str, only: list[str] | None) -> list[str]:
    tree = ast.parse((source / file).read_text(encoding="utf-8"))
    found = [name_of(node) for node in tree.body]
    return [name for name in found if name and not name.startswith("_") and (only is None or name in only)]


def essay(file: Path) -> str:
    return ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""


def name_of(node: ast.AST) -> str | None:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return node.name
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and ast.unparse(node.annotation) == "TypeAlias":
        return node.target.id
    return None


def described(node: ast.AST, lines: list[str], places: dict[str, str]) -> str:
    """A section of a page: heading, what it is, how it is called or which fields it has."""
    if isinstance(node, ast.AnnAssign):
        said = comment(node, lines)
        return f"## {name_of(node)}\n\n{prose(said, places)}\n\n```python\n{ast.unparse(node)}\n```"
    if isinstance(node, ast.FunctionDef):
        return f"## {node.name}\n\n{called(node, node.name, places)}"
    assert isinstance(node, ast.ClassDef)
    base = [ast.unparse(b) for b in node.bases if ast.unparse(b) not in ("Shown", "TypedDict")]
    with_fields = [n for n in node.body if isinstance(n, ast.AnnAssign)]
    said = ast.get_docstring(node) or ""
    if not said and not with_fields:
        raise SystemExit(f"{node.name}: expected a docstring, got none")
    parts = [
        f"## {node.name}",
        *([f"As {', '.join(linked(b, places) for b in base)}, and:"] if base else []),
        prose(said, places),
    ]
    fields = []
    for field in with_fields:
        assert isinstance(field.target, ast.Name)
        about = comment(field, lines)
        fields.append(f"- **{field.target.id}**: {linked(ast.unparse(field.annotation), places)}{f': {about}' if about else ''}")
    parts.append("\n".join(fields))
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and (not method.name.startswith("_") or method.name == "__init__"):
            if method.name == "__init__":
                parts.append(signature(method, node.name))
            else:
                parts.append(f"### {node.name}.{method.name}\n\n{called(method, method.name, places)}")
    return "\n\n".join(parts)


def called(node: ast.FunctionDef, name: str, places: dict[str, str]) -> str:
    said = ast.get_docstring(node)
    if not said:
        raise SystemExit(f"{name}: expected a docstring, got none")
    arguments = [*node.args.args, *node.args.kwonlyargs, node.args.kwarg]
    kinds = [ast.unparse(kind) for kind in [*(a.annotation for a in arguments if a), node.returns] if kind]
    told = {linked(part, places) for kind in kinds for part in re.findall(r"\w+", kind) if part in places}
    see = f"\n\nSee {', '.join(sorted(told))}." if told else ""
    return f"{signature(node, name)}\n\n{prose(said or '', places)}{see}"


def signature(node: ast.FunctionDef, name: str) -> str:
    parts = split_arguments(node.args)
    result = f" -> {ast.unparse(node.returns)}" if node.returns and node.name != "__init__" else ""
    short = f"{name}({', '.join(parts)}){result}"
    whole = short if len(short) <= 100 else "\n    ".join([f"{name}(", *(f"{part}," for part in parts)]) + f"\n){result}"
    return f"```python\n{whole}\n```"


def split_arguments(of: ast.arguments) -> list[str]:
    """Each argument with its type and its default; what a method is called on is none."""
    defaults: list[ast.expr | None] = [None] * (len(of.args) - len(of.defaults)) + list(of.defaults)
    plain = [with_default(a, default) for a, default in zip(of.args, defaults, strict=True) if a.arg != "self"]
    star = [f"*{ast.unparse(of.vararg)}"] if of.vararg else ["*"] if of.kwonlyargs else []
    named = [with_default(a, default) for a, default in zip(of.kwonlyargs, of.kw_defaults, strict=True)]
    return [*plain, *star, *named, *([f"**{ast.unparse(of.kwarg)}"] if of.kwarg else [])]


def with_default(argument: ast.arg, default: ast.expr | None) -> str:
    return ast.unparse(argument) + (f" = {ast.unparse(default)}" if default else "")


def comment(node: ast.AST, lines: list[str]) -> str:
    """The lines above it that begin with `#:`."""
    found: list[str] = []
    at = node.lineno - 2  # type: ignore[attr-defined]
    while at >= 0 and lines[at].strip().startswith("#:"):
        found.insert(0, lines[at].strip()[2:].strip())
        at -= 1
    return " ".join(found)


def linked(kind: str, places: dict[str, str]) -> str:
    """A type, in which the names that have a section lead there."""
    pieces = re.split(r"(\w+)", kind)
    out, plain = [], ""
    for piece in pieces:
        if piece in places:
            out += [f"`{plain}`"] if plain else []
            out.append(f"[`{piece}`](./{places[piece]}.md#{piece.lower()})")
            plain = ""
        else:
            plain += piece
    return "".join([*out, f"`{plain}`" if plain else ""])


def prose(text: str, places: dict[str, str]) -> str:
    """A docstring as Markdown: examples are blocks of code, lines that name an argument a list, guides are links."""
    out: list[str] = []
    for paragraph in text.split("\n\n"):
        if paragraph.startswith(">>>"):
            out.append("```python\n" + re.sub(r" *# doctest: \+SKIP", "", paragraph) + "\n```")
            continue
        named = len(re.findall(r"^\w+: ", paragraph, re.MULTILINE)) > 1
        out.append(re.sub(r"^(\w+): ", r"- **\1**: ", paragraph, flags=re.MULTILINE) if named else paragraph)
    return re.sub(r"\bdocs/([\w-]+\.md)\b", r"[\1](../../../docs/\1)", "\n\n".join(out))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

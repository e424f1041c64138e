"""The shape of the code in figures: how long, how wide, how tangled, how explained.

    .venv/bin/python -m bench.shape [FOLDER ...]

Reads source as text and runs nothing of it, so that other projects can be set beside this one.
Lines are non-blank. Complexity is McCabe's (1976): one, and one more for each branch, loop, handler,
condition of a comprehension and further operand of `and` and `or`. Parameters leave out `self` and
`cls`.
"""

import ast
import io
import pathlib
import statistics
import sys
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

BRANCHES = (
    ast.If, ast.For, ast.AsyncFor, ast.While, ast.IfExp, ast.ExceptHandler, ast.Assert,
    ast.match_case,
)  # fmt: skip
TALK = ("session", "bank", "self", "cls")
"""Names that say nothing of the domain."""


@dataclass
class Function:
    """One function or method. `lines` from its head to its end."""

    lines: int
    parameters: int
    complexity: int
    hinted: bool
    public: bool
    documented: bool
    raises: bool


@dataclass
class Shape:
    """What was counted of a tree."""

    modules: list[int] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)
    comments: int = 0
    docstrings: int = 0
    dictionaries: int = 0
    unpacked: int = 0
    any_uses: int = 0
    classes: int = 0
    records: int = 0
    locals: Counter[str] = field(default_factory=Counter)


def measure(folder: pathlib.Path) -> Shape:
    """The shape of every module below a folder; migrations and tests are left out."""
    shape = Shape()
    for path in sorted(folder.rglob("*.py")):
        if {"migrations", "tests", "__pycache__", "node_modules"} & set(path.parts):
            continue
        source = path.read_text(encoding="utf-8", errors="replace")
        try:
            tree = ast.parse(source)
        except SyntaxError:
            continue
        _lines(shape, source, tree)
        _definitions(shape, tree)
    return shape


def _lines(shape: Shape, source: str, tree: ast.Module) -> None:
    written = [line for line in source.splitlines() if line.strip()]
    shape.modules.append(len(written))
    shape.widths += [len(line) for line in written]
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    shape.comments += len({token.start[0] for token in tokens if token.type == tokenize.COMMENT})
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for statement in body if isinstance(body, list) else ():
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                shape.docstrings += (statement.end_lineno or 0) - statement.lineno + 1


def _definitions(shape: Shape, tree: ast.Module) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            shape.functions.append(_function(node))
        elif isinstance(node, ast.ClassDef):
            shape.classes += 1
            marks = [ast.unparse(mark) for mark in (*node.decorator_list, *node.bases)]
            shape.records += any("dataclass" in mark or "NamedTuple" in mark for mark in marks)
        elif isinstance(node, ast.Call):
            shape.unpacked += any(keyword.arg is None for keyword in node.keywords)
        elif isinstance(node, ast.Name) and node.id == "Any":
            shape.any_uses += 1
        elif isinstance(node, ast.Subscript) and ast.unparse(node) == "dict[str, Any]":
            shape.dictionaries += 1
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            shape.locals[node.id] += node.id not in TALK


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Function:
    given = [
        argument
        for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
        if argument.arg not in ("self", "cls")
    ]
    words = ast.get_docstring(node) or ""
    return Function(
        lines=(node.end_lineno or node.lineno) - node.lineno + 1,
        parameters=len(given),
        complexity=1 + sum(_paths(inner) for inner in ast.walk(node)),
        hinted=node.returns is not None and all(argument.annotation for argument in given),
        public=not node.name.startswith("_"),
        documented=bool(words),
        raises="Raises" in words,
    )


def _paths(node: ast.AST) -> int:
    if isinstance(node, ast.BoolOp):
        return len(node.values) - 1
    if isinstance(node, ast.comprehension):
        return 1 + len(node.ifs)
    return int(isinstance(node, BRANCHES))


def at(values: Sequence[int], share: float) -> int:
    """The value below which this share of them lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def spread(values: Sequence[int]) -> str:
    """Median, 90th and 99th hundredth, and the largest."""
    return (
        f"{statistics.median(values):.0f} / {at(values, 0.9)} / {at(values, 0.99)} / {max(values)}"
    )


def share(parts: Iterable[bool]) -> str:
    """How many of them in a hundred."""
    counted = list(parts)
    return f"{100 * sum(counted) / max(len(counted), 1):.1f} %"


def rows(shape: Shape) -> Iterator[tuple[str, str]]:
    """What was counted, in words."""
    functions = shape.functions
    public = [function for function in functions if function.public]
    complexity = [function.complexity for function in functions]
    lines = sum(shape.modules)
    yield "modules / lines", f"{len(shape.modules)} / {lines:,}"
    yield "module: median / p90 / p99 / max", spread(shape.modules)
    yield "function: median / p90 / p99 / max", spread([one.lines for one in functions])
    yield "functions over 40 lines", share(one.lines > 40 for one in functions)
    yield "parameters: median / p90 / p99 / max", spread([one.parameters for one in functions])
    yield "functions with more than eight", str(sum(one.parameters > 8 for one in functions))
    yield "complexity: median / p90 / p99 / max", spread(complexity)
    yield (
        "complexity: mean, share over 10",
        (f"{statistics.mean(complexity):.1f}, {share(value > 10 for value in complexity)}"),
    )
    yield (
        "lines with a comment, in docstrings",
        (f"{100 * shape.comments / lines:.1f} %, {100 * shape.docstrings / lines:.1f} %"),
    )
    yield (
        "public functions documented, saying Raises",
        (f"{share(one.documented for one in public)}, {share(one.raises for one in public)}"),
    )
    yield (
        "functions hinted / uses of Any",
        (f"{share(one.hinted for one in functions)} / {shape.any_uses}"),
    )
    yield (
        "annotations dict[str, Any] / calls unpacking **",
        (f"{shape.dictionaries} / {shape.unpacked}"),
    )
    yield "line width: median / p90 / p99 / max", spread(shape.widths)
    yield "dataclasses and named tuples / classes", f"{shape.records} / {shape.classes}"
    yield (
        "commonest names given",
        ", ".join(f"{name} {number}" for name, number in shape.locals.most_common(12)),
    )


def main() -> None:
    for name in sys.argv[1:] or ["timebank"]:
        print(name)
        for label, figure in rows(measure(pathlib.Path(name))):
            print(f"  {label:48} {figure}")


if __name__ == "__main__":
    main()

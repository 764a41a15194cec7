"""What the claims say of themselves, read from the source of their tests without running or importing them."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from indicators.errors import InputError

_INSTALLED = Path(__file__).parents[1] / "hypotheses"
FOLDER = _INSTALLED if _INSTALLED.is_dir() else Path(__file__).parents[2] / "hypotheses"
"""Of the claims of the thesis: inside the package where that is installed, beside it in a checkout."""
VERBS = ("more", "less", "same", "rises", "falls", "earlier", "tracks")
LAYERS = ("FIRST", "CENTRAL", "LAST", "OUTPUT", "HIDDEN", "PARTS")
KINDS = {"claims": ("core", "secondary", "extension"), "controls": ("control",), "identities": ("identity",)}
"""Tiers by what is counted apart: a control is not the thesis's claim, an identity no claim about the world."""
TIERS = tuple(tier for tiers in KINDS.values() for tier in tiers)
IDENTIFIER = r"[A-Za-z]+\d+(\.[\w-]+)?"
"""Of a claim, and of a control beside it."""
EXAMPLE = 'claim("A1", tier="core", section="8.3")'
"""Of a mark that makes a test a claim."""
SUBJECT = "study"
"""The argument of a claim by which it asks for measurements."""
_ALONG = ("over", "at", "each")
"""Its methods that give the networks along a factor, which are asked in turn."""


@dataclass(frozen=True)
class Comparison:
    """One test function of a claim."""

    test: str
    sentence: str
    verb: str
    """The first that it uses: the direction of the claim."""
    quantities: tuple[str, ...]
    """Names of the measurements that it looks at."""
    compared: tuple[str, ...]
    """Its comparisons as they are written: which models, in which direction, on which layers."""
    layers: tuple[str, ...]
    """Parts of the network that it speaks of; none: all of it."""
    by: float | None
    """The smallest effect that counts; None where that is computed, as `compared` shows."""
    reason: str
    """Why that."""
    expected: float | None
    """The effect if the thesis is right, unless told three times what counts."""
    parameters: dict[str, str]
    """What its cases differ in, as written."""
    line: int


@dataclass(frozen=True)
class Claim:
    """A claim with all of its test functions."""

    id: str
    tier: str
    theme: str
    section: str
    figures: str
    premise: str
    needs: str
    """What no shipped study has measured, where that is so."""
    file: str
    comparisons: tuple[Comparison, ...]

    @property
    def sentence(self) -> str:
        """That of its first test."""
        return self.comparisons[0].sentence

    def as_dict(self) -> dict[str, Any]:
        """Every field as JSON can hold it."""
        return {"id": self.id, "sentence": self.sentence} | asdict(self)


def read(*folders: Path, some: bool = True) -> list[Claim]:
    """Every claim in the files `test_*.py` of some folders (the thesis's), in the order of the files and their lines.

    Raises InputError where they hold none (with `some`), for a file that is not Python, and for a claim in two files.
    """
    folders = folders or (FOLDER,)
    found: dict[str, Claim] = {}
    for path in (path for folder in folders for path in sorted(folder.glob("test_*.py"))):
        for claim in _of_file(path):
            known = found.get(claim.id)
            if known and known.file != claim.file:
                raise InputError(in_two_files(claim.id, known.file, claim.file))
            tests = (*known.comparisons, *claim.comparisons) if known else claim.comparisons
            found[claim.id] = Claim(**(vars(known or claim) | {"comparisons": tests}))
    if some and not found:
        named = ", ".join(map(str, folders))
        raise InputError(f"{named} holds no claims; expected files test_*.py with tests marked as claims")
    return list(found.values())


def in_two_files(identifier: str, one: str, other: str) -> str:
    """What is said where two files have claims of one identifier."""
    return f"claim {identifier!r} is in {one} and in {other}; give one of them an identifier of its own"


def complaint(arguments: Sequence[Any], about: Mapping[str, Any]) -> str:
    """What is wrong with the mark of a claim, and what to do; empty where a report can name it."""
    if len(arguments) != 1 or not {"tier", "section"} <= set(about):
        return f"expected a mark such as {EXAMPLE}; complete it"
    if (tier := about["tier"]) not in TIERS:
        return f"tier={tier!r} is not one of {TIERS}; name one of these"
    if not re.fullmatch(IDENTIFIER, str(arguments[0])):
        return f"{arguments[0]!r} is no identifier such as M2, or M2.fresh of a control"
    for name in ("section", "figures", "premise", "needs"):
        if not isinstance(about.get(name) or "", str):
            return f"{name}={about[name]!r} is no text; write it in quotes"
    if not isinstance(about.get("expected", 0.0), int | float):
        return f"expected={about['expected']!r} is not a number: give the effect"
    return ""


def theme(file: str) -> str:
    """`weights` of `test_3_weights.py`; empty for other names."""
    matched = re.fullmatch(r"test_(?:\d+_)?(\w+)\.py", file)
    return matched[1] if matched else ""


def sentence(docstring: str) -> str:
    """The first paragraph of a docstring, on one line: what is claimed."""
    return " ".join(inspect.cleandoc(docstring).partition("\n\n")[0].split())


def _of_file(path: Path) -> Iterator[Claim]:
    try:
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
    except SyntaxError as error:
        raise InputError(f"{path.name}, line {error.lineno}: {error.msg}; correct it there") from None
    except ValueError as error:  # bytes that are no text, or that no program has
        raise InputError(f"{path.name} is no Python in UTF-8 ({error}); save it as such") from None
    constants = dict(_constants(tree.body))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in tree.body:
        mark = _mark(node, "claim")
        if isinstance(node, ast.FunctionDef) and mark is not None and mark.args:
            about = {word.arg: _value(word.value, constants) for word in mark.keywords if word.arg}
            yield Claim(
                id=str(_value(mark.args[0], constants)),
                file=path.name,
                theme=theme(path.name),
                comparisons=(_comparison(node, source.splitlines(), functions, constants, about),),
                **{name: str(about.get(name, "")) for name in ("tier", "section", "figures", "premise", "needs")},
            )


def _comparison(
    node: ast.FunctionDef,
    lines: Sequence[str],
    functions: dict[str, ast.FunctionDef],
    constants: dict[str, Any],
    about: dict[str, Any],
) -> Comparison:
    calls = [call for call in ast.walk(node) if isinstance(call, ast.Call)]
    calls.sort(key=lambda call: (call.lineno, call.col_offset))
    verbs = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in VERBS]
    limits = [_value(word.value, constants) for call in verbs for word in call.keywords if word.arg == _limit(call)]
    by = _number(limits[0]) if limits else 0.0
    return Comparison(
        test=node.name,
        sentence=sentence(ast.get_docstring(node) or node.name),
        verb=verbs[0].func.id if verbs and isinstance(verbs[0].func, ast.Name) else "",
        quantities=tuple(dict.fromkeys(_quantities(node, functions))),
        compared=tuple(ast.unparse(call) for call in verbs),
        layers=tuple(dict.fromkeys(n.id for n in ast.walk(node) if isinstance(n, ast.Name) and n.id in LAYERS)),
        by=by,
        reason=_comments(lines[node.body[0].lineno - 1 : node.end_lineno]),
        expected=_number(about["expected"]) if "expected" in about else by and 3 * by,
        parameters=dict(_parameters(node)),
        line=node.lineno,
    )


def _limit(verb: ast.Call) -> str:
    """What a verb calls the smallest effect that counts."""
    return "within" if isinstance(verb.func, ast.Name) and verb.func.id == "same" else "by"


def _constants(body: Sequence[ast.stmt]) -> Iterator[tuple[str, Any]]:
    """Names that a file gives to literal values."""
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            yield from ((target.id, node.value.value) for target in node.targets if isinstance(target, ast.Name))


def _mark(node: ast.stmt, name: str) -> ast.Call | None:
    """The decorator `pytest.mark.NAME(...)` of a function."""
    return next(iter(_marks(node, name)), None)


def _marks(node: ast.stmt, name: str) -> list[ast.Call]:
    decorators = getattr(node, "decorator_list", [])
    return [
        each for each in decorators if isinstance(each, ast.Call) and ast.unparse(each.func).endswith(f"mark.{name}")
    ]


def _value(node: ast.expr, constants: dict[str, Any]) -> Any:
    """The literal, or the constant of the file, that an expression is; else its text."""
    if isinstance(node, ast.Name) and node.id in constants:
        return constants[node.id]
    try:
        return ast.literal_eval(node)
    except ValueError:
        return ast.unparse(node)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _quantities(node: ast.FunctionDef, functions: dict[str, ast.FunctionDef]) -> Iterator[str]:
    """Literal names in `study["..."]` and `study.method("...")`, there and in functions of the file that it calls.

    And of the networks along a factor, in `study.over("...")["..."]`, `.each(lambda one: one["..."])` and the like.
    """
    loops = {
        each.target.id: each.iter
        for each in ast.walk(node)
        if isinstance(each, ast.comprehension) and isinstance(each.target, ast.Name)
    }
    subjects = {SUBJECT, *_subjects(node)}
    asked = [each for each in ast.walk(node) if isinstance(each, ast.Subscript | ast.Call)]
    asked.sort(key=lambda each: (each.lineno, each.col_offset))
    for each in asked:
        owner = each.value if isinstance(each, ast.Subscript) else getattr(each.func, "value", None)
        name = each.slice if isinstance(each, ast.Subscript) else next(iter(each.args), None)
        if _method(each) not in _ALONG and _is_asked(owner, subjects) and name is not None:
            literals = ast.walk(loops.get(name.id, name) if isinstance(name, ast.Name) else name)
            yield from (str(literal.value) for literal in literals if isinstance(literal, ast.Constant))
        elif isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id in functions:
            yield from _quantities(functions[each.func.id], functions)


def _is_asked(node: ast.expr | None, subjects: set[str]) -> bool:
    """Whether an expression is the study, or its networks along a factor."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return _method(node) in _ALONG and _is_asked(node.func.value, subjects)
    return isinstance(node, ast.Name) and node.id in subjects


def _subjects(node: ast.FunctionDef) -> Iterator[str]:
    """What functions in `each` call the networks at one label."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and _method(call) == "each":
            yield from (each.arg for function in call.args for each in ast.walk(function) if isinstance(each, ast.arg))


def _method(node: ast.expr) -> str:
    """The name of the method that is called; empty where none is."""
    return node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""


def _parameters(node: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    for mark in _marks(node, "parametrize"):
        given = dict(zip(("argnames", "argvalues"), mark.args, strict=False))
        given |= {word.arg: word.value for word in mark.keywords if word.arg in ("argnames", "argvalues")}
        if len(given) == 2:
            yield str(_value(given["argnames"], {})), ast.unparse(given["argvalues"])


def _comments(lines: Sequence[str]) -> str:
    return " ".join(line.strip().removeprefix("#").strip() for line in lines if line.strip().startswith("#"))

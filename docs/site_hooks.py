"""What the site has beside the pages of `docs/`: the root's own pages, the package's docstrings, formulas as MathML.

MkDocs calls these functions by their names (`hooks` in `mkdocs.yml`). The pages of the package follow the folders of
`indicators/`, so that a module that is new or renamed needs no edit here.
"""

import ast
import re
from html import unescape
from pathlib import Path

from latex2mathml.converter import convert
from mkdocs.structure.files import File
from mkdocs.utils import get_relative_url

ROOT = Path(__file__).parents[1]
FROM_THE_ROOT = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
}
"""Pages that stand in the root of the repository, by their names on the site."""
UNLISTED = ("__main__", "cli", "hypotheses")
"""What has commands or claims, which other pages show."""
SHIM = "https://unpkg.com/iframe-worker/shim"
"""What the theme would fetch from elsewhere."""
FORMULA = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.DOTALL)


def on_config(config):
    """Adds the pages of the package to the navigation."""
    config.nav.append({"The package": [{"Overview": "api/index.md"}, *_entries(ROOT / "indicators")]})
    config.watch.append(str(ROOT / "indicators"))
    return config


def on_files(files, config):
    """Adds the pages that are not files of `docs/`."""
    pages = {there: _moved((ROOT / here).read_text(encoding="utf-8")) for here, there in FROM_THE_ROOT.items()}
    pages["api/index.md"] = _overview()
    pages |= {_page(path): f"# {_dotted(path)}\n\n::: {_dotted(path)}\n" for path in _modules()}
    for name, text in pages.items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_content(html, **_):
    """Replaces formulas by MathML, which browsers show without a script."""
    return FORMULA.sub(_mathml, html)


def on_post_page(output, page, **_):
    """Takes the script that searches without a server from the site itself."""
    return output.replace(SHIM, get_relative_url("worker.js", page.url))


def on_post_template(output_content, **_):
    """The same for the page of what is not found."""
    return output_content.replace(SHIM, "worker.js")


def _mathml(found):
    display = "block" if found[1] == "div" else "inline"
    return convert(unescape(found[2]), display=display)


def _moved(text):
    """A page of the root, with links as they are within the site."""
    text = re.sub(r"\]\(docs/", "](", text)
    for here, there in FROM_THE_ROOT.items():
        text = text.replace(f"]({here}", f"]({there}")
    return text


def _overview():
    """The modules of every wing, with the first line of what each says of itself."""
    lines = [
        "# The package",
        "",
        "Every module by its wing, from the docstrings. Imports between wings go down this list, never up.",
    ]
    for folder, modules in _wings():
        about = _first_line(folder / "__init__.py")
        lines += ["", f"## {_dotted(folder)}", "", about, "", "| module | what it holds |", "|---|---|"]
        for path in modules:
            link = _page(path).removeprefix("api/")
            lines.append(f"| [`{_dotted(path).removeprefix('indicators.')}`]({link}) | {_first_line(path)} |")
    return "\n".join(lines) + "\n"


ORDER = ("plugin", "report", "study", "claims", "networks", "sources", "images", "measures")
"""The wings, as they may import each other."""


def _wings():
    """Every folder of modules with its modules; the modules of no wing come last."""
    wings = {}
    for path in _modules():
        wings.setdefault(path.parent, []).append(path)
    return sorted(wings.items(), key=lambda item: _rank(item[0]))


def _rank(folder):
    parts = folder.relative_to(ROOT / "indicators").parts
    return ORDER.index(parts[0]) if parts and parts[0] in ORDER else len(ORDER), parts


def _entries(folder):
    """The navigation of a folder: a heading for every folder in it, a page for every module."""
    folders = sorted((path for path in folder.iterdir() if _listed(path) and path.is_dir()), key=_rank)
    entries = [{path.name: _entries(path)} for path in folders]
    return entries + [{path.stem: _page(path)} for path in sorted(folder.glob("[!_]*.py")) if _listed(path)]


def _modules():
    found = (ROOT / "indicators").rglob("[!_]*.py")
    return sorted(path for path in found if _listed(path) and all(map(_listed, path.parents[: _depth(path)])))


def _depth(path):
    return len(path.relative_to(ROOT / "indicators").parts) - 1


def _listed(path):
    """Whether a path is a module of the package, or a folder of modules, that has pages."""
    return path.stem not in UNLISTED and (path.suffix == ".py" or (path / "__init__.py").is_file())


def _dotted(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def _page(path):
    return f"api/{path.relative_to(ROOT / 'indicators').with_suffix('.md').as_posix()}"


def _first_line(path):
    return (
        (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n\n")[0].replace("\n", " ")
    )

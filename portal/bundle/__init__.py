"""The two files that every page loads, made from the sources in static/; static/README.md says when.

trunkline.css is Tabler, reduced to what our pages can use, and then our own sheets in their order; trunkline.js is htmx
and our own scripts that every page loads. Neither network nor npm is needed, and the same sources give the same bytes.
"""

from pathlib import Path

from portal.bundle.reduction import reduce
from portal.bundle.used import find_used

STATIC = Path(__file__).resolve().parent.parent.parent / "static"
SHEETS = ("tokens", "shell", "components", "forms", "tables", "public")
SCRIPTS = ("copy", "errors", "menu", "once", "reveal")
NOTE = "Made by python -m portal.bundle. Change the sources, never this file."


def build() -> dict[Path, str]:
    """Return the text of each bundle by its path; raises ValueError for a Tabler that nests its rules."""
    return {STATIC / "trunkline.css": style_sheet(), STATIC / "trunkline.js": script()}


def style_sheet() -> str:
    """Tabler's share first, so that ours outdoes it at equal weight."""
    own = {f"css/{name}.css": _read(f"css/{name}.css") for name in SHEETS}
    scripts = "".join(path.read_text(encoding="utf-8") for path in sorted((STATIC / "js").glob("*.js")))
    tabler = reduce(_read("vendor/tabler.min.css"), find_used(), beside="".join(own.values()) + scripts)
    parts = [f"/* {name} */\n{text}" for name, text in own.items()]
    return "\n".join([f'@charset "UTF-8";\n/* {NOTE} */', tabler, *parts])


def script() -> str:
    """Each part ends itself, so that none can continue in the next."""
    names = ["vendor/htmx.min.js", *(f"js/{name}.js" for name in SCRIPTS)]
    return "\n".join([f"// {NOTE}", *(f"// {name}\n{_read(name).rstrip()}\n;" for name in names), ""])


def _read(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")

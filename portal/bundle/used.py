"""What our pages can contain: read from templates, Python and scripts, rather too much than too little."""

import ast
import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
APPS = ("portal", "services", "invitations", "m365")
# Not pages of the portal: mails carry their styles with them, inbox and simulator have sheets of their own.
ELSEWHERE = tuple(
    PROJECT / name for name in ("templates/mail", "portal/inbox", "portal/bundle", "m365/simulator")
)
# Templates of others that our pages draw, by package.
BORROWED = {
    "django": ("forms/templates/django/forms",),
    "allauth": ("templates/account", "templates/allauth"),
}
# What browsers, Django's widgets and scripts put on an element although it stands in no template.
ATTRIBUTES = {
    "checked",
    "dir",
    "disabled",
    "hidden",
    "multiple",
    "open",
    "readonly",
    "required",
    "size",
    "type",
}

COMMENT = re.compile(r"{#.*?#}|{% comment %}.*?{% endcomment %}", re.DOTALL)
TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
QUOTED = re.compile(r"[\"']([a-z][\w-]*(?: [a-z][\w-]*)*)[\"']")  # neither a path nor a sentence
CLASS = re.compile(r"\bclass=(?:\"([^\"]*)\"|'([^']*)')")
CLASS_BLOCK = re.compile(r"{% block \w*class %}([^{]*){% endblock")
CLASS_IN_SCRIPT = re.compile(r"\bclass(?:Name\s*=|List\.\w+\()\s*\"([^\"]*)\"")
ELEMENT = re.compile(r"<([a-z][a-z0-9]*)")
WORD = re.compile(r"[A-Za-z][\w-]*")


@dataclass(frozen=True)
class Used:
    """The names that a selector may have and still match something on a page."""

    classes: frozenset[str]
    elements: frozenset[str]
    attributes: frozenset[str]


def find_used() -> Used:
    """Read all sources of mark-up in this project, and of Django and allauth as they are installed."""
    classes: set[str] = set()
    elements: set[str] = set()
    attributes = set(ATTRIBUTES)
    for text in _templates():
        plain = TAG.sub(" ", text)
        classes |= _words(CLASS, plain) | _words(CLASS_BLOCK, text)
        for tag in TAG.findall(text):  # a class may be an argument: {% include … with kind="mb-3" %}
            classes |= _words(QUOTED, tag)
        elements |= set(ELEMENT.findall(plain))
        attributes |= set(WORD.findall(plain))
    for text in _python():
        classes |= _words(CLASS, text)
        elements |= set(ELEMENT.findall(text))
    for path in sorted((PROJECT / "static" / "js").glob("*.js")):
        classes |= _words(CLASS_IN_SCRIPT, path.read_text(encoding="utf-8"))
    return Used(frozenset(classes), frozenset(elements), frozenset(attributes))


def _words(pattern: re.Pattern[str], text: str) -> set[str]:
    """All words in what the pattern's groups caught."""
    return {
        word
        for found in pattern.finditer(text)
        for word in WORD.findall(" ".join(filter(None, found.groups())))
    }


def _templates() -> Iterator[str]:
    folders = [PROJECT / "templates"]
    for package, places in BORROWED.items():
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"{package} is not installed: its templates cannot be read")
        folders += [Path(spec.origin).parent / place for place in places]
    for folder in folders:
        for path in sorted(folder.rglob("*.html")):
            if not any(path.is_relative_to(place) for place in ELSEWHERE):
                yield COMMENT.sub("", path.read_text(encoding="utf-8"))


def _python() -> Iterator[str]:
    """All strings of our Python; the value of a dictionary's key "class" as the mark-up that it becomes."""
    for app in APPS:
        for path in sorted((PROJECT / app).rglob("*.py")):
            if any(path.is_relative_to(place) for place in ELSEWHERE):
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value
                elif isinstance(node, ast.Dict):
                    yield from _class_values(node)


def _class_values(node: ast.Dict) -> Iterator[str]:
    for key, value in zip(node.keys, node.values, strict=True):
        if not (isinstance(key, ast.Constant) and key.value == "class" and isinstance(value, ast.Constant)):
            continue
        if isinstance(value.value, str):
            yield f'class="{value.value}"'

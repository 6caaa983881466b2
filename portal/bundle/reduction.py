"""A style sheet without what no page can match, and then without the variables and key frames that nothing names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import tinycss2
from tinycss2.ast import AtRule, Comment, Declaration, FunctionBlock, Node, QualifiedRule

from portal.bundle.used import Used

VARIABLE = re.compile(r"--[\w-]+")
GROUPS = ("media", "supports", "container", "layer")
ALTERNATIVES = ("is", "where", "has")


@dataclass
class Rule:
    """Selectors, or an at-rule with its prelude, and what is declared for them."""

    prelude: str
    declarations: list[Declaration]


@dataclass
class Group:
    """A condition or an animation, and the rules inside it."""

    prelude: str
    rules: list[Rule | Group]
    animation: str = ""


def reduce(source: str, used: Used, beside: str) -> str:
    """
    Return the part of a style sheet that can match what is `used`, in its order and with its licence.

    Variables and animations stay when this part or the text `beside` it names them. Raises ValueError for what it does
    not know how to judge: nested rules, and sheets imported from elsewhere.
    """
    nodes = tinycss2.parse_stylesheet(source, skip_whitespace=True)
    licence = [
        f"/*{node.value}*/" for node in nodes if isinstance(node, Comment) and node.value.startswith("!")
    ]
    rules = list(_possible(nodes, used))
    while _drop_unnamed(rules, _named(rules, beside)):
        pass
    return "\n".join([*licence, *filter(None, map(_text, rules))]) + "\n"


def _possible(nodes: Iterable[Node], used: Used) -> Iterator[Rule | Group]:
    for node in nodes:
        if isinstance(node, QualifiedRule):
            selectors = [one for one in _split(node.prelude) if is_possible(one, used)]
            if selectors:
                prelude = ",".join(tinycss2.serialize(one).strip() for one in selectors)
                yield Rule(prelude, _declarations(node.content))
        elif isinstance(node, AtRule):
            yield from _possible_at_rule(node, used)
        elif not isinstance(node, Comment):
            raise ValueError(f"line {node.source_line} cannot be judged: {node.serialize()[:80]}")


def _possible_at_rule(node: AtRule, used: Used) -> Iterator[Rule | Group]:
    prelude = f"@{node.at_keyword}{tinycss2.serialize(node.prelude)}"
    inside = node.content or []
    if node.lower_at_keyword == "charset":
        return  # the bundle has its own, and it must come first
    if node.lower_at_keyword in GROUPS:
        yield Group(prelude, list(_possible(tinycss2.parse_rule_list(inside, skip_whitespace=True), used)))
    elif node.lower_at_keyword == "keyframes":
        steps = tinycss2.parse_rule_list(inside, skip_comments=True, skip_whitespace=True)
        rules: list[Rule | Group] = [
            Rule(tinycss2.serialize(step.prelude).strip(), _declarations(step.content)) for step in steps
        ]
        yield Group(prelude, rules, animation=tinycss2.serialize(node.prelude).strip())
    elif node.lower_at_keyword in ("property", "font-face"):
        yield Rule(prelude, _declarations(inside))
    else:
        raise ValueError(f"line {node.source_line} cannot be judged: {prelude[:80]}")


def _declarations(content: Iterable[Node]) -> list[Declaration]:
    found: list[Node] = tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True)
    for node in found:
        if not isinstance(node, Declaration):
            raise ValueError(f"line {node.source_line} is no declaration: {node.serialize()[:80]}")
    return found


def _split(tokens: Iterable[Node]) -> list[list[Node]]:
    """Selectors between the commas that stand in no bracket."""
    parts: list[list[Node]] = [[]]
    for token in tokens:
        if token == ",":  # noqa: S105 - the sign
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def is_possible(selector: Sequence[Node], used: Used) -> bool:
    """Whether all that the selector asks for is used; what it excludes may be anything."""
    before = [None, *selector]
    return not any(_is_unused(token, last, used) for token, last in zip(selector, before, strict=False))


def _is_unused(token: Node, last: Node | None, used: Used) -> bool:
    """Whether this part asks for a class, an element or an attribute that no page has."""
    if token.type == "ident":
        if last == ".":
            return token.value not in used.classes
        return last != ":" and token.lower_value not in used.elements
    if token.type == "[] block":
        return next(part.value for part in token.content if part.type == "ident") not in used.attributes
    if isinstance(token, FunctionBlock) and token.lower_name in ALTERNATIVES:
        return not any(is_possible(one, used) for one in _split(token.arguments))
    return bool(token.type == "hash")  # Tabler styles by class; an id would be a stranger's


def _named(rules: Iterable[Rule | Group], beside: str) -> set[str]:
    """Variables and animations that a declaration, or the text beside, asks for."""
    named = set(VARIABLE.findall(beside)) | set(re.findall(r"animation(?:-name)?:\s*([\w-]+)", beside))
    for declaration in _all_declarations(rules):
        value = tinycss2.serialize(declaration.value)
        named |= set(VARIABLE.findall(value))
        if declaration.lower_name in ("animation", "animation-name") or declaration.name.startswith("--"):
            named |= set(re.findall(r"[\w-]+", value))
    return named


def _all_declarations(rules: Iterable[Rule | Group]) -> Iterator[Declaration]:
    for rule in rules:
        if isinstance(rule, Group):
            yield from _all_declarations(rule.rules)
        else:
            yield from rule.declarations


def _drop_unnamed(rules: list[Rule | Group], named: set[str]) -> bool:
    """Take out what nobody names; True when something went, because it may have named something else."""
    gone = False
    for rule in rules:
        if isinstance(rule, Group):
            if rule.animation and rule.animation not in named:
                gone, rule.rules = gone or bool(rule.rules), []
            gone = _drop_unnamed(rule.rules, named) or gone
        else:
            kept = [one for one in rule.declarations if not one.name.startswith("--") or one.name in named]
            gone, rule.declarations = gone or len(kept) < len(rule.declarations), kept
    return gone


def _text(rule: Rule | Group) -> str:
    if isinstance(rule, Group):
        inside = "".join(filter(None, map(_text, rule.rules)))
    else:
        inside = ";".join(_declared(one) for one in rule.declarations)
    return f"{rule.prelude}{{{inside}}}" if inside else ""


def _declared(declaration: Declaration) -> str:
    value = tinycss2.serialize(declaration.value).strip()
    return f"{declaration.name}:{value}{'!important' if declaration.important else ''}"

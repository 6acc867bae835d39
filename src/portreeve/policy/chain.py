"""Files that build on files: what a policy extends, and the law that lies under it."""

from __future__ import annotations

from pathlib import Path

from portreeve.policy import files
from portreeve.policy.errors import PolicyError, Problems, suggest
from portreeve.policy.fields import HOUSE_ONLY, HOUSE_REQUIRED, POLICY
from portreeve.policy.files import File
from portreeve.policy.merge import merge, rule_id
from portreeve.policy.reading import Reader
from portreeve.policy.source import Items, Map, Source, Span, Text, parse

_OWN = ("policy", "version", "effective")
"""Keys that a file has itself, whatever it extends."""


def is_law(document: Map) -> bool:
    """Whether a document says that it is a law file."""
    layer = document.get("layer")
    return isinstance(layer, Text) and layer.value == "law"


class Chain:
    """Reads documents with everything they build on; what is wrong goes to ``problems``."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._read = Reader(problems)
        self._files: dict[Source, File] = {}

    def document(self, file: File) -> Map | None:
        """The document of a file, laid over what it extends."""
        document = self._merged(file, [])
        if document is not None:
            self._check_whole(document)
        return document

    def law(self, document: Map) -> Map | None:
        """The document of the law layer under a house policy."""
        node = document.get("law")
        name = self._read.text(node, "the name of a law file")
        if name is None or node is None or is_law(document):
            return None
        # beside the file that names the law, which may be the extended one in another folder
        beside = self._files[node.span.source].beside(f"law/{name}")
        file = self._open(beside or files.shipped(f"law/{name}"), name, node.span)
        law = self._merged(file, []) if file is not None else None
        if law is None:
            return None
        if not is_law(law):
            message, help = (
                f"`{name}` is not a law file",
                "A law file says `layer: law` at its top.",
            )
            self._problems.add("P010", message, node.span, help)
            return None
        self._check_whole(law)
        return law

    # --- what a file extends --------------------------------------------------------------------

    def _merged(self, file: File, below: list[File]) -> Map | None:
        self._files[file.source] = file
        document = parse(file.source, self._problems)
        if document is None:
            return None
        self._check_file(document)
        extends = document.get("extends")
        name = self._read.text(extends, "the name of a policy")
        if name is None or extends is None:
            return document
        parent_file = self._parent(file, name, extends.span, law=is_law(document))
        chain = [*below, file]
        if parent_file is None or self._circle(parent_file, chain, extends.span):
            return None
        parent = self._merged(parent_file, chain)
        if parent is None:
            return None
        if is_law(parent) != is_law(document):
            message = "a law file and a house policy cannot extend one another"
            help = "Name a law file with `law:` instead."
            self._problems.add("P010", message, extends.span, help)
            return None
        self._check_removals(document, parent)
        return merge(parent, document)

    def _parent(self, file: File, name: str, span: Span, *, law: bool) -> File | None:
        beside = file.beside(name)
        named = files.shipped(f"law/{name}" if law else name)
        if named is not None and _same(beside, file.path) and not _same(named, file.path):
            beside = None  # a changed copy may extend the shipped policy of its own name
        return self._open(beside or named, name, span)

    def _open(self, path: Path | None, name: str, span: Span) -> File | None:
        if path is None:
            known = [n.removeprefix("law/") for n in files.shipped_names()]
            help = suggest(name, known) or "Mend the name, or put the file beside this one."
            self._problems.add("P010", f"there is no policy `{name}`", span, help)
            return None
        try:
            return files.read(path)
        except PolicyError as error:
            self._problems.found += error.problems
            return None

    def _circle(self, file: File, chain: list[File], span: Span) -> bool:
        start = next((i for i, f in enumerate(chain) if _same(file.path, f.path)), None)
        if start is None:
            return False
        names = [f.source.name for f in chain[start:]] + [file.source.name]
        message = f"policies extend one another in a circle: {' → '.join(names)}"
        self._problems.add("P011", message, span)
        return True

    # --- checks ---------------------------------------------------------------------------------

    def _check_file(self, document: Map) -> None:
        """Keys, and ids that occur twice: of one file, before anything is merged."""
        allowed = POLICY.names
        for key, _ in document:
            if key.value not in allowed:
                help = suggest(key.value, allowed) or f"The keys here are: {', '.join(allowed)}."
                self._problems.add("P005", f"unknown key `{key.value}`", key.span, help)
        self._read.choice(document.get("layer"), ("law", "house"), "a layer")
        missing = [name for name in _OWN if name not in document.entries]
        if missing:
            self._read.missing(document, missing)
        self._check_ids(document.get("rules"))

    def _check_ids(self, rules: object) -> None:
        first: dict[str, Span] = {}
        for rule in rules.items if isinstance(rules, Items) else ():
            id = rule.get("id") if isinstance(rule, Map) else None
            if not isinstance(id, Text):
                continue
            if id.value in first:
                message = f"two rules have the id `{id.value}`"
                help = f"Rename one of the two; the first is in line {first[id.value].line}."
                self._problems.add("P013", message, id.span, help)
            first.setdefault(id.value, id.span)

    def _check_whole(self, document: Map) -> None:
        """What a document must have, and must not have, once it is merged."""
        law = is_law(document)
        missing = [
            key.name
            for key in POLICY.keys
            if key.required
            and key.name not in (*_OWN, *document.entries)
            and not (law and key.name in HOUSE_REQUIRED)
        ]
        if missing:
            self._read.missing(document, missing)
        for name in HOUSE_ONLY if law else ():
            if name in document.keys:
                message = f"`{name}` does not belong in a law file"
                span = document.keys[name].span
                self._problems.add("P005", message, span, "Put it in the house policy.")

    def _check_removals(self, document: Map, parent: Map) -> None:
        rules = parent.get("rules")
        ids = [rule_id(rule) for rule in rules.items] if isinstance(rules, Items) else []
        known = [id for id in ids if id is not None]
        for node in self._read.items(document.get("remove"), "rule ids"):
            if isinstance(node, Text) and node.value not in known:
                message = f"the extended policy has no rule `{node.value}`"
                self._problems.add("P012", message, node.span, suggest(node.value, known))


def _same(first: Path | None, second: Path | None) -> bool:
    return first is not None and second is not None and first.resolve() == second.resolve()

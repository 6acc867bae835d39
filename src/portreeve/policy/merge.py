"""``extends``: one document laid over another. What the child says wins."""

from __future__ import annotations

from portreeve.policy.source import Items, Map, Node, Text

NAMED = ("surfaces", "definitions", "counters", "tiers", "forms", "ways_out", "ladders")
"""Keys whose entries are merged by name."""


def merge(parent: Map, child: Map) -> Map:
    """The child laid over the parent.

    Rules are merged by id, in the parent's order, new ones last; ``remove`` takes rules away
    first. Named entries are merged by name, the matrix by cell; any other key of the child
    replaces the parent's. Laying the same child over the result again changes nothing.
    """
    entries: dict[str, Node] = {}
    keys: dict[str, Text] = {}
    for key, value in parent:
        entries[key.value], keys[key.value] = value, key
    for key, value in child:
        name = key.value
        if name == "extends":
            continue
        before = entries.get(name)
        keys[name] = key
        entries[name] = value if before is None else _merged(name, before, value)
    entries.pop("extends", None)
    _merge_rules(entries, keys, parent, child)
    order = [name for name in keys if name in entries]
    return Map({n: entries[n] for n in order}, {n: keys[n] for n in order}, child.span)


def _merged(name: str, before: Node, after: Node) -> Node:
    if not (isinstance(before, Map) and isinstance(after, Map)):
        return after
    if name in NAMED:
        return _by_name(before, after)
    if name == "matrix":
        matrix = _by_name(before, after)
        old, new = before.get("rows"), after.get("rows")
        if isinstance(old, Map) and isinstance(new, Map):
            matrix.entries["rows"] = _by_name(old, new, deep=True)
        return matrix
    return after


def _by_name(before: Map, after: Map, *, deep: bool = False) -> Map:
    """Entries of both by name; ``deep`` merges the entries of an entry too."""
    entries = dict(before.entries)
    keys = dict(before.keys)
    for key, value in after:
        old = entries.get(key.value)
        both = deep and isinstance(old, Map) and isinstance(value, Map)
        entries[key.value] = _by_name(old, value) if both else value  # type: ignore[arg-type]
        keys[key.value] = key
    return Map(entries, keys, after.span)


def _merge_rules(entries: dict[str, Node], keys: dict[str, Text], parent: Map, child: Map) -> None:
    old, new = parent.get("rules"), child.get("rules")
    gone = set(removed_ids(child))
    if isinstance(new, Text) and new.empty:
        new = None  # nothing written adds nothing; rules go by `remove`
    if not isinstance(old, Items) or (new is not None and not isinstance(new, Items)):
        return
    added = new.items if isinstance(new, Items) else ()
    replacing = {rule_id(rule): rule for rule in added if rule_id(rule) is not None}
    kept = [
        replacing.pop(rule_id(rule), rule)
        for rule in old.items
        if rule_id(rule) not in gone or rule_id(rule) in replacing
    ]
    rest = [r for r in added if rule_id(r) is None or rule_id(r) in replacing]
    entries["rules"] = Items((*kept, *rest), new.span if new is not None else old.span)
    keys.setdefault("rules", parent.keys["rules"])


def rule_id(rule: Node) -> str | None:
    """The id of a rule's node, if it has one."""
    id = rule.get("id") if isinstance(rule, Map) else None
    return id.value if isinstance(id, Text) else None


def removed_ids(document: Map) -> list[str]:
    """The ids that a document removes."""
    listed = document.get("remove")
    if not isinstance(listed, Items):
        return []
    return [item.value for item in listed.items if isinstance(item, Text)]

"""Reads the matrix: its rows and cells, and the rules that the cells become."""

from __future__ import annotations

from dataclasses import dataclass

from portreeve.model import TIERS, Verdict
from portreeve.policy import fields as f
from portreeve.policy import matrix as m
from portreeve.policy.errors import Problems
from portreeve.policy.expression import (
    Expr,
)
from portreeve.policy.fields import Table
from portreeve.policy.parts import Cell, Form, Matrix, Row, Rule, Words
from portreeve.policy.reading import Reader, head, key_place
from portreeve.policy.rules import Conditions, Consequences, RuleReader
from portreeve.policy.sections import Sections
from portreeve.policy.source import Map, Node
from portreeve.policy.sqltext import (
    sql,
)

_TITLES = {
    "white": Words("ordinary goods (white)", "一般商品（白）"),
    "grey": Words("goods that need care (grey)", "需要注意的商品（灰）"),
    "grey-strict": Words("goods under strict rules (grey-strict)", "严格管理的商品（深灰）"),
    "black": Words("forbidden goods (black)", "禁止的商品（黑）"),
    "protected": Words("protected sales", "受保护的出售"),
}
_FIXED_ROWS = (*TIERS, f.PROTECTED)
_ROW = Table(f.ROW.name, f.ROW.title, tuple(k for k in f.ROW.keys if k.name != "FORM"))


@dataclass(frozen=True)
class _Common:
    """What the cells of a matrix share."""

    map: Map
    when: Expr
    rest: Consequences
    because: Words
    clause: str


@dataclass(frozen=True)
class _Place:
    """A cell's row and column."""

    row: str
    form: Form
    where: Expr
    """What puts an item into the row."""


class MatrixReader:
    """Reads the matrix of a document."""

    def __init__(
        self, problems: Problems, sections: Sections, conditions: Conditions, rules: RuleReader
    ) -> None:
        self._problems = problems
        self._read = Reader(problems)
        self._forms = sections.forms
        self._tiers = sections.tiers
        self._default = sections.default_tier
        self._conditions = conditions
        self._rules = rules

    def matrix(self, node: Node | None) -> tuple[Matrix | None, list[Rule]]:
        """The matrix, and a rule for each cell that does not allow."""
        map_ = self._read.table(node, f.MATRIX) if node is not None else None
        if map_ is None:
            return None, []
        condition = self._conditions.condition(m.PREFIX, map_.get("when"))
        rest = self._rules.consequences(map_)
        clause = self._read.text(map_.get("clause"), "the clause")
        nodes = self._row_nodes(map_)
        named = self._named_categories(nodes)
        if condition is None or clause is None or rest.because is None:
            return None, []
        common = _Common(map_, condition[1], rest, rest.because, clause)
        rows: dict[str, Row] = {}
        rules: list[Rule] = []
        for name, row in nodes.items():
            cells, made = self._cells(name, row, common, self._where(name, named))
            title = self._read.words(row.get("title")) or _TITLES.get(name) or Words(name, name)
            rows[name] = Row(name, title, tuple(named.get(name, ())), cells)
            rules += made
        return Matrix(condition[0], clause, rows), rules

    # --- rows -----------------------------------------------------------------------------------

    def _row_nodes(self, matrix: Map) -> dict[str, Map]:
        found = {}
        for key, node in self._read.named(matrix.get("rows"), "{FORM: verdict}"):
            fixed = key.value in _FIXED_ROWS
            name = key.value if fixed else self._read.name(key, "a row")
            row = self._read.table(node, _ROW, self._forms)
            if name is None or row is None:
                continue
            if fixed and row.get("categories") is not None:
                message = f"the row `{name}` is made by the tiers, not by categories"
                self._problems.add("P005", message, key_place(row, "categories"), "Remove it.")
            if not fixed and row.get("categories") is None:
                self._problems.add(
                    "P006",
                    f"the row `{name}` does not say which goods it is for",
                    key.span,
                    f"Add `categories: [...]`; the other rows are {', '.join(_FIXED_ROWS)}.",
                )
            found[name] = row
        for name in _FIXED_ROWS:
            if name not in found and matrix.get("rows") is not None:
                message = f"the matrix has no row `{name}`"
                self._problems.add(
                    "P041", message, key_place(matrix, "rows"), f"Add `{name}: ...`."
                )
        return found

    def _named_categories(self, rows: dict[str, Map]) -> dict[str, list[str]]:
        """The categories of the rows that name some; none may be in two rows."""
        found: dict[str, list[str]] = {}
        owner: dict[str, str] = {}
        for name, row in rows.items():
            if name in _FIXED_ROWS or row.get("categories") is None:
                continue
            found[name] = []
            for node in self._read.items(row.get("categories"), "goods categories"):
                category = self._read.defined(node, self._tiers, "goods category")
                if category is None:
                    continue
                if category in owner:
                    message = f"`{category}` is in the row `{owner[category]}` already"
                    self._problems.add("P042", message, node.span)
                owner.setdefault(category, name)
                found[name].append(category)
        return found

    def _where(self, name: str, named: dict[str, list[str]]) -> Expr:
        """What puts an item into a row."""
        if name == f.PROTECTED:
            return m.protected_row()
        if name in named:
            return m.named_row(named[name])
        everywhere = [category for categories in named.values() for category in categories]
        return m.tier_row(name, self._default, everywhere)

    # --- cells ----------------------------------------------------------------------------------

    def _cells(
        self, name: str, row: Map, common: _Common, where: Expr
    ) -> tuple[dict[str, Cell], list[Rule]]:
        self._check_complete(name, row)
        cells: dict[str, Cell] = {}
        rules: list[Rule] = []
        for form_name, form in self._forms.items():
            node = row.get(form_name)
            if node is None:
                continue
            if isinstance(node, Map):
                cell = self._read.table(node, f.CELL) or node
            else:
                cell = _only_verdict(row, form_name, node)
            verdict = self._read.choice(cell.get("verdict"), f.CELL_VERDICTS, "a verdict of a cell")
            rest = self._rules.consequences(cell)
            if verdict is None:
                continue
            self._check(cell, Verdict(verdict), rest, common)
            rule = None
            if verdict != "allow":
                place = _Place(name, form, where)
                rule = self._rule(cell, Verdict(verdict), rest, common, place)
                rules.append(rule)
            cells[form_name] = Cell(Verdict(verdict), rule.id if rule is not None else None)
        return cells, rules

    def _check_complete(self, name: str, row: Map) -> None:
        missing = [form for form in self._forms if form not in row.entries]
        if not missing:
            return
        first = next(iter(row.keys.values()), None)
        shown = ", ".join(f"`{form}`" for form in missing)
        self._problems.add(
            "P040",
            f"the row `{name}` does not decide {shown}",
            first.span if first is not None else head(row.span),
            f"Add `{missing[0]}: allow` or another verdict.",
        )

    def _check(self, cell: Map, verdict: Verdict, rest: Consequences, common: _Common) -> None:
        if verdict is not Verdict.allow:
            self._rules.check_parts(cell, verdict, rest, common.map)
            return
        for name in ("label", "reach", "strike", "ladder"):
            if name in cell.entries:
                message = f"a cell that allows has no {name}"
                self._problems.add("P051", message, key_place(cell, name), "Remove it.")

    def _rule(
        self, cell: Map, verdict: Verdict, own: Consequences, common: _Common, place: _Place
    ) -> Rule:
        condition = m.cell_condition(common.when, place.where)
        rest = common.rest
        strike = own.strike if own.strike is not None else rest.strike or 0
        reach = own.reach if own.reach is not None else rest.reach
        return Rule(
            id=m.cell_id(place.row, place.form.name),
            clause=self._read.text(cell.get("clause"), "the clause") or common.clause,
            layer="house",
            surfaces=place.form.surfaces,
            when=sql(condition),
            verdict=verdict,
            because=own.because or common.because,
            comply=own.comply or rest.comply,
            way_out=own.way_out or rest.way_out,
            label=(own.label or rest.label) if verdict is Verdict.label else None,
            reach=reach if verdict is Verdict.limit else None,
            strike=strike,
            ladder=(own.ladder or rest.ladder) if strike else None,
            examples=(),
            file=cell.span.source.name,
            line=cell.span.line,
            condition=condition,
            from_matrix=True,
        )


def _only_verdict(row: Map, form: str, node: Node) -> Map:
    """A cell written as nothing but a verdict."""
    return Map({"verdict": node}, {"verdict": row.keys[form]}, node.span)

"""The reference pages that derive from the code: ``python -m portreeve.docs`` writes them.

A test fails when a page in ``docs/`` is not what this module makes. Of some pages only the end
derives from the code: what comes after ``END``.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from portreeve import franking
from portreeve.api import client_code, openapi, pages
from portreeve.console.table import PAGES as CONSOLE_PAGES
from portreeve.franking.structs import STRUCTS as FRANKING_STRUCTS
from portreeve.model import STRUCTS, Surface, Verdict, fields
from portreeve.schemas.access import Scope
from portreeve.service.actor import Actor
from portreeve.service.roles import ROLES
from portreeve.signals.catalog import CATALOG, POLICY_SIGNALS
from portreeve.signals.goods_table import goods_table
from portreeve.store.pages import log_rows, store_rows

END = "<!-- Made by `python -m portreeve.docs` from here on; edit the code it derives from. -->\n"


def signals_page() -> str:
    """Every signal, by group."""
    parts = [
        "# Signals\n",
        pages.MADE,
        "A signal is a measured fact about an item: one typed column. Conditions of a policy name",
        "signals; `portreeve policy signals` prints this list, `portreeve screen --signals`",
        "writes their values. A signal is NULL only where its meaning says so, and the model's",
        f"when the item has no text. {len(CATALOG)} signals.\n",
        "Types: a *count* is a whole number from 0; a *number* is a 32-bit float; *text* is a name",
        "or an id; *boolean* is TRUE or FALSE.",
    ]
    for group, signals in groupby(CATALOG.values(), key=lambda signal: signal.group):
        parts.append(f"\n## {group.capitalize()}\n")
        parts.append(pages.table(["signal", "type", "unit", "meaning"], [
            (f"`{s.name}`", s.type, s.unit, s.meaning) for s in signals
        ]))  # fmt: skip
    parts.append(
        f"\nThe policy decides {' and '.join(f'`{name}`' for name in POLICY_SIGNALS)}: the first "
        "by its overlay of tiers, the second by its definition of that name."
    )
    return "\n".join(parts) + "\n"


def words_page() -> str:
    """Surfaces, verdicts and every field of the structs."""
    parts = [
        "# The words\n",
        pages.MADE,
        "The terms everybody uses, in code, files, API and pages alike.",
        "\n## Surfaces\n",
        pages.table(["surface", "what it is"], [(f"`{s}`", s.meaning) for s in Surface]),
        "\nA policy calls each of them *governed*, *sealed* or *off*. `private_chat` is sealed",
        "whatever a policy says: its items have no content field.",
        "\n## Verdicts, in rising order\n",
        pages.table(["verdict", "what happens"], [(f"`{v}`", v.meaning) for v in Verdict]),
        "\nThe strongest verdict of the rules that hold wins; all that hold are recorded.",
    ]
    for struct in STRUCTS:
        parts.append(f"\n## {struct.__name__}\n")
        parts.append((struct.__doc__ or "").split("\n\n")[0].strip() + "\n")
        parts.append(pages.table(["field", "type", "meaning"], [
            (f"`{f.name}`", f.type, f.meaning) for f in fields(struct)
        ]))  # fmt: skip
    return "\n".join(parts) + "\n"


def goods_page() -> str:
    """The table of goods and services."""
    rows = [
        (f"`{g.id}`", g.tier, g.en, g.zh, " ".join(g.shopify), " ".join(g.iab))
        for g in goods_table().values()
    ]
    return "\n".join(
        [
            "# Goods and services\n",
            pages.MADE,
            f"The project's own table of {len(rows)} categories for governance, with the ids they",
            "correspond to in the Shopify Standard Product Taxonomy (release 2024-07, MIT) and the",
            "IAB Tech Lab Ad Product Taxonomy 2.0 (CC BY 3.0). The tier is the default; a policy's",
            "`tiers` overlay changes it.\n",
            pages.table(["id", "tier", "English", "中文", "Shopify", "IAB"], rows),
            "",
        ]
    )


def franking_end() -> str:
    """The fields of franked reports, and why one is refused."""
    parts = [
        "\n## How far evidence can be relied on\n",
        "From the weakest to the strongest. A refused report does not become a claim by itself:",
        "most are forged or broken.\n",
        pages.table(["grade", "meaning", "may anything automatic follow?"], [
            (f"`{g.value}`", g.meaning, "yes" if g.automatic else "no")
            for g in franking.EvidenceGrade
        ]),
        "\n## Fields",
    ]  # fmt: skip
    for struct in FRANKING_STRUCTS:
        parts.append(f"\n### {struct.__name__}\n")
        parts.append((struct.__doc__ or "").split("\n\n")[0].strip() + "\n")
        parts.append(pages.table(["field", "type", "meaning"], [
            (f"`{f.name}`", f.type, f.meaning) for f in fields(struct)
        ]))  # fmt: skip
    parts += [
        "\n## Refusals\n",
        "The first that applies is given, as a `FrankingError` with the code, the field and the",
        "remedy, and never a value. The field here is the usual one; an error names its own.\n",
        pages.table(["code", "field", "what is wrong", "what to do"], [
            (f"`{r}`", f"`{r.field}`", r.meaning, r.remedy) for r in franking.Refusal
        ]),
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


def access_end() -> str:
    """Every role, with what it may do."""
    rows = [
        (
            f"`{role}`",
            f"{duty.title.en} · {duty.title.zh}",
            duty.meaning.en,
            ", ".join(f"`{scope}`" for scope in Scope if scope in duty.scopes),
        )
        for role, duty in ROLES.items()
    ]
    return "\n" + pages.table(["role", "called", "what for", "scopes"], rows) + "\n"


def console_end() -> str:
    """Every page of the console, with the roles that see it."""
    rows = []
    for page in CONSOLE_PAGES:
        seen = [d.title.en for d in ROLES.values() if page.needs.met(Actor("", d.scopes).may)]
        if not page.needs.signed_in:
            who = "everybody, without login"
        elif len(seen) == len(ROLES):
            who = "everybody who has signed in"
        else:
            who = ", ".join(seen)
        rows.append((f"`{page.method} {page.path}`", page.summary, who))
    heading = "\n## Every page, and who may see it\n\n"
    return heading + pages.table(["address", "what", "who"], sorted(rows)) + "\n"


def store_end() -> str:
    """Every table of the store."""
    parts = ["\n## Tables\n", "Times are microseconds since 1970, JSON is text.\n"]
    for name, meaning, rows in store_rows():
        parts += [
            f"\n### {name}\n",
            f"{meaning}\n",
            pages.table(["column", "type", "meaning"], rows),
        ]
    return "\n".join(parts) + "\n"


def log_end() -> str:
    """Every column of the decision log."""
    table = pages.table(["column", "type", "meaning"], log_rows())
    return f"\n## Columns\n\n{table}\n"


def with_end(page: str, end: str) -> str:
    """A page with its end, after the line ``END``, made anew."""
    written, _, _ = page.partition(END)
    return written + END + end


def openapi_file() -> str:
    """The OpenAPI document."""
    return openapi.encoded().decode()


PAGES = {
    "signals.md": signals_page,
    "words.md": words_page,
    "goods.md": goods_page,
    "api.md": pages.api_page,
    "errors-service.md": pages.errors_page,
    "settings.md": pages.settings_page,
    "openapi.json": openapi_file,
}

CODE = {
    "src/portreeve/client/operations.py": lambda: client_code.operations(asynchronous=False),
    "src/portreeve/client/async_operations.py": lambda: client_code.operations(asynchronous=True),
}
"""Code that is written out from the routes: file and what makes it."""

ENDS = {
    "access.md": access_end,
    "console.md": console_end,
    "franking.md": franking_end,
    "store.md": store_end,
    "log.md": log_end,
    "webhooks.md": pages.events_end,
}


def main() -> None:
    folder = Path("docs")
    for name, make in PAGES.items():
        (folder / name).write_text(make(), "utf-8")
    for name, make in CODE.items():
        Path(name).write_text(make(), "utf-8")
    for name, make in ENDS.items():
        page = (folder / name).read_text("utf-8")
        (folder / name).write_text(with_end(page, make()), "utf-8")


if __name__ == "__main__":
    main()

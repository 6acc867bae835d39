"""``portreeve policy``: check, test, explain and compare policies; list the signals."""

from __future__ import annotations

import enum
import json
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console
    from rich.table import Table

    from portreeve.policy import ExampleResult, Policy, Rule
    from portreeve.signals.catalog import Signal

app = typer.Typer(
    name="policy",
    help="Check, test, explain and compare written policies.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

_Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


class Lang(enum.StrEnum):
    """A language of the texts."""

    en = "en"
    zh = "zh"


_Lang = Annotated[Lang, typer.Option("--lang", help="Language of the texts.")]


@app.callback()
def main() -> None:
    """Check, test, explain and compare written policies."""


# --- check --------------------------------------------------------------------------------------


@app.command()
def check(
    files: Annotated[list[str], typer.Argument(help="Policy files, or names of shipped policies.")],
    as_json: _Json = False,
) -> None:
    """Check policies: every mistake with its line, and the remedy.

    Example: portreeve policy check policies/acquaintance.yaml

    Exit code 1 when there is an error; warnings alone give 0.
    """
    from portreeve import policy

    found: list[policy.Problem] = []
    good: list[dict[str, Any]] = []
    for name in files:
        loaded, problems = policy.check(name)
        found += [problem for problem in problems if problem not in found]
        if loaded is not None:
            good.append({"policy": loaded.label, "file": name, "rules": len(loaded.rules)})
    failed = any(problem.severity == "error" for problem in found)
    if as_json:
        _print_json({"ok": not failed, "policies": good, "problems": [p.to_dict() for p in found]})
    else:
        if found:
            typer.echo(policy.report(found), err=True)
        for entry in good:
            typer.echo(f"{entry['file']}: {entry['policy']}, {entry['rules']} rules, no errors")
    raise typer.Exit(1 if failed else 0)


# --- test ---------------------------------------------------------------------------------------


@app.command("test")
def run_tests(
    files: Annotated[list[str], typer.Argument(help="Policy files, or names of shipped policies.")],
    as_json: _Json = False,
    lang: _Lang = Lang.en,
) -> None:
    """Run the examples of policies: each is a test of its rule, and of the whole policy.

    Example: portreeve policy test acquaintance stranger

    Exit code 1 when an example fails.
    """
    outcomes = []
    for name in files:
        policy = _load(name)
        outcomes.append((policy, _run_examples(policy)))
    failed = any(not result.passed for _, results in outcomes for result in results)
    if as_json:
        _print_json(
            {
                "ok": not failed,
                "policies": [
                    {"policy": policy.label, "results": [result.to_dict() for result in results]}
                    for policy, results in outcomes
                ],
            }
        )
    else:
        console = _console()
        for policy, results in outcomes:
            console.print(_results_table(policy, results))
            for result in results:
                if not result.passed:
                    _print_failure(console, result, lang)
    raise typer.Exit(1 if failed else 0)


def _run_examples(policy: Policy) -> list[ExampleResult]:
    from portreeve.engine import screen
    from portreeve.policy import run_examples

    def decide(items: pl.DataFrame, chosen: Policy, known: pl.DataFrame | None) -> pl.DataFrame:
        return screen(items, chosen, signals=True, remembered=known)

    return run_examples(policy, decide)


def _results_table(policy: Policy, results: list[ExampleResult]) -> Table:
    table = _table(f"{policy.label}: {_count(len(results), 'example')}", "rule", "verdict", "of")
    table.add_column("passed", justify="right")
    table.add_column("failed", justify="right")
    counts: dict[tuple[str, str], list[int]] = {}
    for result in results:
        passed = counts.setdefault((result.rule, result.example.verdict.value), [0, 0])
        passed[0 if result.passed else 1] += 1
    for (rule, verdict), (passed_count, failed_count) in counts.items():
        marked = f"[red]{failed_count}[/red]" if failed_count else "0"
        total = str(passed_count + failed_count)
        table.add_row(rule, verdict, total, str(passed_count), marked)
    return table


def _print_failure(console: Console, result: ExampleResult, lang: str) -> None:
    place = f"{result.example.file}:{result.example.line}"
    console.print(f"\n[red]failed[/red] {result.rule}  {place}", highlight=False)
    _plain(console, f"  example: {result.example.text}  ({result.example.surface})")
    _plain(console, f"  expected: {result.example.verdict}; came out: {result.verdict}")
    _plain(console, f"  {result.reason}")
    for explanation in result.explanations:
        _plain(console, _indented(explanation.render(lang)))


# --- explain ------------------------------------------------------------------------------------


@app.command()
def explain(
    policy: Annotated[str, typer.Argument(help="A policy file, or the name of a shipped policy.")],
    rule: Annotated[str | None, typer.Argument(help="The id of a rule; all when left out.")] = None,
    *,
    text: Annotated[str | None, typer.Option(help="Decide this text, and say why.")] = None,
    surface: Annotated[str | None, typer.Option(help="Where the text appears.")] = None,
    standing: Annotated[
        str | None, typer.Option(help="Who publishes: person, merchant, ...")
    ] = None,
    licence: Annotated[str | None, typer.Option(help="none, claimed or verified.")] = None,
    link: Annotated[list[str] | None, typer.Option(help="An attached address; may repeat.")] = None,
    disclosed: Annotated[
        bool | None, typer.Option("--disclosed/--undisclosed", help="Declared as advertising.")
    ] = None,
    code: Annotated[
        list[str] | None, typer.Option(help="What a code in its pictures says; may repeat.")
    ] = None,
    picture_text: Annotated[str | None, typer.Option(help="The words in its pictures.")] = None,
    known: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="With --text: what a counter or a signal of memory tells; may repeat.",
        ),
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="With --text: show what settles nothing, too.")
    ] = False,
    lang: _Lang = Lang.en,
    as_json: _Json = False,
) -> None:
    """Say what a policy or one of its rules means; with --text, what it makes of a text and why.

    Example: portreeve policy explain acquaintance --text "masks 89 yuan, wechat abc12345"
    """
    loaded = _load(policy)
    chosen = _rule(loaded, rule) if rule is not None else None
    if text is not None:
        item = {
            "text": text,
            "surface": surface,
            "standing": standing,
            "licence": licence,
            "links": link or [],
            "disclosed": disclosed,
            "codes": code or [],
            "picture_text": picture_text,
        }
        _explain_text(
            loaded,
            chosen,
            {k: v for k, v in item.items() if v is not None},
            lang,
            known=_remembered(loaded, known or []),
            as_json=as_json,
            whole=whole,
        )
    elif as_json:
        _print_json(_described(loaded, chosen))
    else:
        from portreeve.policy.describe import describe_policy, describe_rule

        lines = describe_rule(loaded, chosen, lang) if chosen else describe_policy(loaded, lang)
        typer.echo(lines)


def _explain_text(
    policy: Policy,
    rule: Rule | None,
    item: dict[str, Any],
    lang: str,
    *,
    known: pl.DataFrame | None,
    as_json: bool,
    whole: bool,
) -> None:
    import polars as pl

    from portreeve.engine import screen
    from portreeve.policy import explain as explain_rule

    row = {"id": "1", **item}
    try:
        lists = {name: pl.List(pl.String) for name in ("links", "codes")}
        frame = pl.DataFrame([row], schema_overrides=lists)
        decision = screen(frame, policy, signals=True, remembered=known).row(0, named=True)
    except ValueError as error:
        _fail(str(error))
    ids = [rule.id] if rule is not None else decision["rules"]
    explanations = [explain_rule(policy, decision["signals"], id) for id in ids]
    if as_json:
        _print_json(
            {
                "policy": policy.label,
                "verdict": decision["verdict"],
                "rules": decision["rules"],
                "explanations": [explanation.to_dict() for explanation in explanations],
            }
        )
        return
    held = ", ".join(decision["rules"]) or ("没有规则成立" if lang == "zh" else "no rule holds")
    typer.echo(f"{policy.label}: {decision['verdict']} ({held})")
    for place in decision["evidence"]:
        if place["field"] in ("text", "picture_text"):
            quoted = item[place["field"]][place["start"] : place["end"]]
            typer.echo(f"  {quoted}: {place['what']}")
    for explanation in explanations:
        typer.echo("\n" + explanation.render(lang, whole=whole))


def _remembered(policy: Policy, given: list[str]) -> pl.DataFrame | None:
    """What memory tells of one item, from NAME=VALUE."""
    import polars as pl

    from portreeve.policy.errors import suggest
    from portreeve.signals.catalog import CATALOG, GIVEN_SIGNALS, column_type

    names = [*policy.counters, *GIVEN_SIGNALS]
    columns = []
    for one in given:
        name, _, text = one.partition("=")
        if name not in names:
            message = f"{policy.label} has no counter or signal of memory or of pictures `{name}`."
            measured = "What is written tells it: say it in --text." if name in CATALOG else ""
            listed = "`portreeve policy signals` lists them."
            _fail(f"{message} {measured or suggest(name, names) or listed}")
        kind = column_type(name)
        wanted = "true or false" if kind == pl.Boolean else "a number"
        try:
            value = {"true": True, "false": False}[text] if kind == pl.Boolean else float(text)
        except (KeyError, ValueError):
            _fail(f"{one}: `{text}` is not {wanted}")
        columns.append(pl.Series(name, [value]).cast(kind))
    return pl.DataFrame(columns) if columns else None


def _described(policy: Policy, rule: Rule | None) -> dict[str, Any]:
    from portreeve.policy.describe import policy_dict, rule_dict

    return rule_dict(rule) if rule is not None else policy_dict(policy)


def _rule(policy: Policy, id: str) -> Rule:
    try:
        return policy.rule(id)
    except KeyError as error:
        _fail(str(error.args[0]))


# --- diff ---------------------------------------------------------------------------------------


@app.command()
def diff(
    before: Annotated[str, typer.Argument(help="A policy file, or the name of a shipped policy.")],
    after: Annotated[str, typer.Argument(help="The policy to compare it with.")],
    on: Annotated[
        str | None, typer.Option(help="Items to decide under both: JSONL, CSV, Parquet.")
    ] = None,
    samples: Annotated[int, typer.Option(min=0, help="Sample items for each change.")] = 3,
    as_json: _Json = False,
) -> None:
    """Compare two policies: what is written differently, and with --on what is decided differently.

    Example: portreeve policy diff acquaintance stranger --on examples/posts.jsonl
    """
    from portreeve.policy import diff as compare

    a, b = _load(before), _load(after)
    changes = compare(a, b)
    table = _decided(a, b, on, samples) if on is not None else None
    if as_json:
        _print_json(
            {
                "before": a.label,
                "after": b.label,
                "changes": [change.to_dict() for change in changes],
                "decisions": table.to_dicts() if table is not None else None,
            }
        )
        return
    for change in changes:
        typer.echo(change.render())
    typer.echo(f"{_count(len(changes), 'change')} from {a.label} to {b.label}")
    if table is not None:
        _print_decided(table)


def _decided(a: Policy, b: Policy, name: str, samples: int) -> pl.DataFrame:
    """Decide the items of a file under both policies; rows that either refuses are left out."""
    import polars as pl

    from portreeve.admission import admit
    from portreeve.engine import screen
    from portreeve.files import InputError, Options, open_input
    from portreeve.policy import diff_on

    parts: list[tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]] = []
    left_out = 0
    try:
        with open_input(name, Options()) as reader:
            for batch in reader.batches():
                items = batch.frame
                for policy in (a, b):
                    items = admit(items, policy).items
                left_out += len(batch.frame) - len(items) + len(batch.rejects)
                items = items.with_columns(pl.col("id").cast(pl.String))
                parts.append((items, screen(items, a), screen(items, b)))
            if reader.ended_early is not None:
                typer.echo(f"{name}: {reader.ended_early}; compared up to there", err=True)
    except InputError as error:
        _fail(str(error))
    if left_out:
        typer.echo(f"{_count(left_out, 'row')} left out: `portreeve screen` says why", err=True)
    if not parts:
        _fail(f"{name}: there are no items")
    items, first, second = (pl.concat([part[i] for part in parts]) for i in range(3))
    return diff_on(a, b, first, second, items=items, samples=samples)


def _print_decided(changes: pl.DataFrame) -> None:
    console = _console()
    if changes.is_empty():
        console.print("no item is decided differently")
        return
    table = _table("items decided differently", "surface", "tier", "language", "before", "after")
    for name in ("items", "share"):
        table.add_column(name, justify="right")
    table.add_column("rules now", overflow="fold")
    for row in changes.iter_rows(named=True):
        place = [str(row[name] or "-") for name in ("surface", "tier", "language")]
        counts = [str(row["items"]), f"{row['share']:.1%}"]
        table.add_row(*place, row["before"], row["after"], *counts, ", ".join(row["rules_after"]))
    console.print(table)
    for row in changes.iter_rows(named=True):
        _plain(console, f"\n{row['before']} → {row['after']}, {row['surface']}:")
        for id, text in zip(row["ids"], row["texts"], strict=True):
            _plain(console, f"  {id}: {' '.join((text or '').split())[:100]}")


# --- signals ------------------------------------------------------------------------------------


@app.command()
def signals(
    group: Annotated[str | None, typer.Option(help="Only this group, such as money.")] = None,
    policy: Annotated[
        str | None, typer.Option(help="A policy whose counters are listed too, as group counter.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """List the signals that conditions may name, and the counters of a policy.

    Example: portreeve policy signals --group money
    """
    from portreeve.signals.catalog import CATALOG

    listed = [*CATALOG.values(), *(_counters(_load(policy)) if policy is not None else ())]
    groups = list(dict.fromkeys(signal.group for signal in listed))
    if group is not None and group not in groups:
        _fail(f"there is no group `{group}`. The groups are: {', '.join(groups)}.")
    chosen = [s for s in listed if group in (None, s.group)]
    if as_json:
        names = ("name", "type", "unit", "group", "meaning")
        _print_json([{name: getattr(signal, name) for name in names} for signal in chosen])
        return
    table = _table(_count(len(chosen), "signal"), "signal", "type", "unit", "group", "meaning")
    for signal in chosen:
        table.add_row(signal.name, signal.type, signal.unit, signal.group, signal.meaning)
    _console().print(table)


def _counters(policy: Policy) -> list[Signal]:
    from portreeve.policy.describe import counter_words
    from portreeve.signals.catalog import Signal

    return [
        Signal(c.name, "number", "", f"{c.words.en} ({counter_words(c).en})", "counter")
        for c in policy.counters.values()
    ]


# --- shared -------------------------------------------------------------------------------------


def _load(name: str) -> Policy:
    """Load a policy, or print its errors and stop with exit code 2."""
    from portreeve.policy import PolicyError, load

    try:
        return load(name)
    except PolicyError as error:
        _fail(str(error))


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def _console() -> Console:
    from rich.console import Console

    return Console(soft_wrap=False)


def _plain(console: Console, text: str) -> None:
    """Text of people, which may look like markup."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _table(title: str, *names: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for name in names:
        table.add_column(name, overflow="fold")
    return table


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))

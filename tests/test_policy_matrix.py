"""The matrix: each item falls into one row, and each cell becomes a rule."""

import polars as pl
import pytest

from policy_support import SALE, codes, loaded, problems, random_signals, row, table

MATRIX = f"""\
definitions:
  {SALE}
  selling: {{ words: {{ en: B., zh: 乙。 }}, when: promotion >= 0.9 }}
tiers: {{ default: white, facial_masks: grey, clothing: white, narcotics: black }}
ways_out: {{ shop: {{ title: {{ en: A shop, zh: 店 }}, how: {{ en: Open one., zh: 开。 }} }} }}
ladders: {{ promotion: {{ steps: [{{ at: 1, sanction: ban }}] }} }}
forms:
  friends_feed: {{ title: {{ en: Friends' feed, zh: 朋友圈 }}, surfaces: [moments, comment] }}
  rooms: {{ title: {{ en: Live rooms, zh: 直播 }}, surfaces: [live] }}
matrix:
  when: selling
  clause: "4"
  because: {{ en: Not here., zh: 不在这里。 }}
  way_out: shop
  rows:
    white: {{ friends_feed: refuse, rooms: allow }}
    grey: {{ friends_feed: refuse, rooms: hold }}
    grey-strict: {{ friends_feed: refuse, rooms: refuse }}
    black: {{ friends_feed: refuse, rooms: refuse }}
    protected: {{ friends_feed: allow, rooms: allow }}
    snacks:
      title: {{ en: Snacks, zh: 零食 }}
      categories: [snacks]
      friends_feed: {{ verdict: limit, reach: 0.2, strike: 1, ladder: promotion, clause: "4.2" }}
      rooms: {{ verdict: label, label: {{ en: Food, zh: 食品 }}, because: {{ en: E., zh: 吃。 }} }}
surfaces: {{ moments: governed, comment: governed, live: governed }}
"""


@pytest.fixture(scope="module")
def policy():
    return loaded(MATRIX)


def holding(policy, **values):
    """The matrix rules that hold for one item that sells."""
    result = policy.evaluate(table(row(promotion=0.95, **values))).row(0, named=True)
    return [id for id, holds in result.items() if id.startswith("matrix.") and holds]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"goods_category": "clothing"}, ["matrix.white.friends_feed"]),
        ({"goods_category": "clothing", "surface": "live"}, []),
        ({"goods_category": "facial_masks", "surface": "live"}, ["matrix.grey.rooms"]),
        ({"goods_category": "narcotics", "surface": "comment"}, ["matrix.black.friends_feed"]),
        # goods that nobody recognised count as the default tier
        ({}, ["matrix.white.friends_feed"]),
        # a protected sale has its own row, except for strict tiers
        ({"second_hand": 1}, []),
        ({"goods_category": "facial_masks", "second_hand": 1}, []),
        ({"goods_category": "narcotics", "second_hand": 1}, ["matrix.black.friends_feed"]),
        # named goods have their own row
        ({"goods_category": "snacks"}, ["matrix.snacks.friends_feed"]),
        ({"goods_category": "snacks", "second_hand": 1}, []),
        # the matrix is for selling
        ({"promotion": 0.5}, []),
        # other surfaces have no form
        ({"surface": "group"}, []),
    ],
)
def test_the_row_of_an_item(policy, values, expected):
    facts = {"promotion": 0.95} | values
    result = policy.evaluate(table(row(**facts))).row(0, named=True)
    assert [id for id, holds in result.items() if id.startswith("matrix.") and holds] == expected


def test_every_item_is_in_one_row():
    facts = random_signals(3000).with_columns(
        promotion=pl.lit(1.0, pl.Float32), surface=pl.lit("moments")
    )
    everywhere = loaded(
        MATRIX.replace("protected: { friends_feed: allow", "protected: { friends_feed: hold")
    )
    cells = everywhere.evaluate(facts).select(pl.col("^matrix\\..*\\.friends_feed$").cast(pl.Int8))
    assert cells.width == 6
    # a sale of which nobody knows whether it is protected stays in the row of its goods
    assert cells.select(
        pl.sum_horizontal(pl.all().fill_null(0))
    ).to_series().unique().to_list() == [1]


def test_cells_become_rules(policy):
    assert {
        f"{name} {form}": cell.verdict.value
        for name, written in policy.matrix.rows.items()
        for form, cell in written.cells.items()
    } == {
        "white friends_feed": "refuse",
        "white rooms": "allow",
        "grey friends_feed": "refuse",
        "grey rooms": "hold",
        "grey-strict friends_feed": "refuse",
        "grey-strict rooms": "refuse",
        "black friends_feed": "refuse",
        "black rooms": "refuse",
        "protected friends_feed": "allow",
        "protected rooms": "allow",
        "snacks friends_feed": "limit",
        "snacks rooms": "label",
    }
    white = policy.rule("matrix.white.friends_feed")
    assert (white.clause, white.way_out, white.because.zh) == ("4", "shop", "不在这里。")
    assert white.when == (
        "selling AND coalesce(goods_tier, 'white') = 'white' AND (goods_category IN ('snacks')) "
        "IS NOT TRUE AND protected_sale IS NOT TRUE"
    )
    assert [surface.value for surface in white.surfaces] == ["moments", "comment"]
    snacks = policy.rule("matrix.snacks.friends_feed")
    assert (snacks.clause, snacks.reach, snacks.strike, snacks.ladder) == (
        "4.2",
        0.2,
        1,
        "promotion",
    )
    assert policy.rule("matrix.snacks.rooms").because.en == "E."
    assert policy.rule("matrix.snacks.rooms").label.zh == "食品"
    assert policy.matrix.rows["protected"].cells["rooms"].rule is None


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("rooms: hold", "room: hold", ["P040: the row `grey` does not decide `rooms`",
                                       "P005: unknown key `room`"]),
        ("rooms: hold", "rooms: remove", ["P008: `remove` is not a verdict of a cell"]),
        ("categories: [snacks]", "categories: [snaks]",
         ["P014: there is no goods category `snaks`"]),
        ("      categories: [snacks]\n", "",
         ["P006: the row `snacks` does not say which goods it is for"]),
        ("reach: 0.2, ", "", ["P051: how far it still reaches is not said"]),
        (", ladder: promotion", "", ["P051: strikes count on no ladder"]),
        ("rooms: allow }\n    grey:", "rooms: { verdict: allow, strike: 1 } }\n    grey:",
         ["P051: a cell that allows has no strike"]),
        ("surfaces: [live]", "surfaces: [live, moments]",
         ["P042: `moments` is in the form `friends_feed` already"]),
        ("way_out: shop", "way_out: shoop", ["P014: there is no way out `shoop`"]),
        ("when: selling", "when: sellin", ["P021: unknown signal `sellin`"]),
    ],
)  # fmt: skip
def test_mistakes(old, new, expected):
    assert old in MATRIX
    found = problems(MATRIX.replace(old, new))
    assert [f"{p.code}: {p.message}" for p in found if p.severity == "error"] == expected


def test_a_category_has_one_row():
    twice = MATRIX.replace(
        "surfaces: { moments",
        "    food: { categories: [snacks], friends_feed: allow, rooms: allow }\n"
        "surfaces: { moments",
    )
    assert codes(twice) == ["P042"]

"""The scorer against a slow reference, and the artefact's file."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portreeve.signals import scorer
from portreeve.signals.fold import fold
from portreeve.signals.reading import (
    BODY,
    COUNTS,
    FORWARDED,
    READ_HALF,
    REGIONS,
    TOPIC,
    read_row,
    scratch,
)
from portreeve.signals.scorer import (
    INPUTS,
    LANES,
    OUTPUTS,
    PEAKS,
    ZERO,
    Model,
    ModelError,
    Scratch,
    score_row,
    shipped_model,
)

_WORD = 2**64 - 1


def _codes(text: str) -> np.ndarray:
    return np.array([ord(c) for c in text], dtype=np.uint32)


def _read(text: str) -> tuple[list[int], list[int], dict[str, float]]:
    codes = _codes(text)
    grams, regions, counts = Scratch.arrays()[:3]
    m = read_row(codes, len(codes), grams, regions, counts, *scratch())
    return grams[:m].tolist(), regions[:m].tolist(), dict(zip(COUNTS, counts.tolist(), strict=True))


def _mix(state: int, code: int) -> int:
    state = (state ^ code) * 0x9E3779B97F4A7C15 & _WORD
    return state ^ state >> 29


def _bucket_of(letters: str) -> int:
    state = 11
    for letter in letters:
        state = _mix(state, ord(letter))
    return state >> 40


def _score(model: Model, text: str) -> np.ndarray:
    codes = _codes(text)
    out = np.zeros(len(OUTPUTS), dtype=np.float32)
    score_row(codes, len(codes), *model.arrays(), *Scratch.arrays(), out)
    return out


def _random_model(hidden: int = 5) -> Model:
    random = np.random.default_rng(0)

    def numbers(*shape: int) -> np.ndarray:
        return (random.standard_normal(shape) * 0.2).astype(np.float32)

    slots = 1 << 17
    return Model(
        known=random.integers(0, 129, slots).astype(np.uint8),
        rows=random.integers(1, 256, (slots, LANES)).astype(np.uint8),
        scale=np.full(LANES, 0.01, np.float32),
        centre=numbers(len(COUNTS)),
        spread=np.ones(len(COUNTS), np.float32),
        hidden=numbers(hidden, INPUTS),
        hidden_bias=numbers(hidden),
        output=numbers(len(OUTPUTS), hidden),
        direct=numbers(len(OUTPUTS), INPUTS),
        output_bias=numbers(len(OUTPUTS)),
        calibration=np.tile(np.array([1.5, -0.5], np.float32), (len(OUTPUTS), 1)),
    )


def _reference(model: Model, text: str) -> np.ndarray:
    """The network in plain numpy, over the n-grams that the kernel reads."""
    grams, regions, counts = _read(text)
    slots = len(model.known)
    rows: list[list[np.ndarray]] = [[] for _ in range(REGIONS)]
    for gram, region in zip(grams, regions, strict=True):
        if model.known[gram % slots] == 1 + gram // slots:
            rows[region].append(model.rows[gram % slots].astype(np.int32) - ZERO)
    parts = [
        sum(found, np.zeros(LANES)) * model.scale / math.sqrt(len(found) + 4) for found in rows
    ]
    strongest = np.max([np.zeros(LANES), *rows[BODY], *rows[FORWARDED]], axis=0) * model.scale
    strongest = strongest[:PEAKS]
    centred = 0.3 * (np.array(list(counts.values())) - model.centre) / model.spread
    inputs = np.concatenate([*parts, strongest, np.clip(centred, -1.5, 1.5)])
    units = np.maximum(model.hidden @ inputs + model.hidden_bias, 0)
    logits = model.output @ units + model.direct @ inputs + model.output_bias
    return 1 / (1 + np.exp(-(model.calibration[:, 0] * logits + model.calibration[:, 1])))


def test_n_grams_run_over_letters_whatever_stands_between_them() -> None:
    plain, _, _ = _read("加微信")
    assert plain == [
        _bucket_of("加"), _bucket_of("微"), _bucket_of("加微"), _bucket_of("信"),
        _bucket_of("微信"), _bucket_of("加微信"),
    ]  # fmt: skip
    split, _, _ = _read("加❤微·信")
    assert set(plain) <= set(split)


def test_digits_are_alike() -> None:
    assert _read("128")[0][:3] == _read("999")[0][:3]


@pytest.mark.parametrize(
    ("text", "regions"),
    [
        ("好#题#坏", [BODY, TOPIC, TOPIC, TOPIC, BODY]),
        ("好//坏", [BODY, FORWARDED, FORWARDED, FORWARDED]),
        ("#未完", [BODY, BODY, BODY, BODY]),
    ],
)
def test_regions(text: str, regions: list[int]) -> None:
    assert sorted(_read(text)[1]) == sorted(regions)


def test_counts() -> None:
    _, _, counts = _read("面膜89元一盒!! 电话13800001111 @某人 ??#好物##好物##面膜#")
    shown = {name: round(value, 2) for name, value in counts.items() if value}
    assert shown == {
        "length": 3.76, "topics": 3.0, "distinct_topics": 0.67, "topic_share": 0.29,
        "topics_after": 3.0, "body_length": 3.43, "digit_runs": 2.0, "long_digit_runs": 1.0,
        "amounts": 1.0, "han_share": 0.36, "exclamations": 2.0, "questions": 2.0,
        "question_pairs": 1.0, "mentions": 1.0, "blank_share": 0.07, "digit_share": 0.31,
        "repeated_share": 0.24, "questions_in_body": 0.07, "distinct_share": 0.6,
        "topic_overlap": 0.33, "topic_overlap_most": 1.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["", "加微信 abc12345 面膜89元", "今天天气很好，去公园走走", "Buy cheap pills now!",
     "好物//@某人:#面膜#只要99元", "a", "#", "//"],
)  # fmt: skip
def test_agrees_with_the_reference(text: str) -> None:
    model = _random_model()
    np.testing.assert_allclose(_score(model, text), _reference(model, text), atol=2e-5)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=120))
def test_agrees_with_the_reference_on_any_text(text: str) -> None:
    text = fold(text.encode("utf-8", "replace").decode("utf-8"))
    np.testing.assert_allclose(
        _score(_random_model(), text), _reference(_random_model(), text), atol=5e-5
    )


def test_the_shipped_model_is_sure_of_plain_cases() -> None:
    sells = _score(shipped_model(), "补水面膜89元一盒,加微信abc12345下单,招代理#今天穿什么#")
    lives = _score(shipped_model(), "今天和爸妈去公园散步,樱花开得真好")
    assert sells[0] > 0.9
    assert lives[0] < 0.1


def test_a_long_text_is_read_at_its_ends() -> None:
    model = shipped_model()
    filler = "天" * (3 * READ_HALF)
    ends = filler[:READ_HALF] + filler[:READ_HALF]
    np.testing.assert_array_equal(_score(model, filler), _score(model, ends))


def test_a_saved_model_comes_back_and_is_the_same_file(tmp_path: Path) -> None:
    model = _random_model()
    model.save(tmp_path / "one.npz")
    again = Model.load(tmp_path / "one.npz")
    again.save(tmp_path / "two.npz")
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    for kept, loaded in zip(model.arrays(), again.arrays(), strict=True):
        np.testing.assert_array_equal(kept, loaded)


def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "bad.npz").write_bytes(b"PK nothing")
    with pytest.raises(ModelError, match="This is no portreeve model"):
        Model.load(tmp_path / "bad.npz")


def test_a_model_of_another_shape_is_refused(tmp_path: Path) -> None:
    model = _random_model()
    odd = Model(**{**vars(model), "scale": np.ones(LANES + 1, np.float32)})
    odd.save(tmp_path / "odd.npz")
    with pytest.raises(ModelError) as caught:
        Model.load(tmp_path / "odd.npz")
    assert str(caught.value) == (
        "The model's array 'scale' has the shape (33,), but (32,) is needed. The file was made by "
        "another version of portreeve: run `portreeve train` again, or install the version that "
        "made it."
    )


def test_the_artefact_is_small() -> None:
    from importlib import resources

    assert len(resources.files("portreeve.data").joinpath("model.npz").read_bytes()) < 4_000_000
    assert scorer.OUTPUTS[0] == "promotion"

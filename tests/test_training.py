"""Training on a few texts written for the purpose."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from portreeve.signals.fold import fold
from portreeve.signals.scorer import OUTPUTS, Model
from portreeve.training import attacks, card, floor, measure
from portreeve.training.texts import read

needs_train = pytest.mark.skipif(
    importlib.util.find_spec("jieba") is None or importlib.util.find_spec("scipy") is None,
    reason="needs the extra `train`",
)

_GOODS = ("面膜", "口红", "童鞋", "蜂蜜", "燕窝", "耳环", "酵素", "眼霜", "精华", "牛肉干")
_PLACES = ("公园", "河边", "图书馆", "外婆家", "操场", "海边", "山上", "菜场", "学校", "古镇")
_SELLING = ("{}到货啦，{}元一盒，加微信 demo{} 下单", "招{}代理，月入过万，私信我 {} {}",
            "{}清仓只要{}元，包邮，电话 555{}")  # fmt: skip
_LIVING = ("今天去了{}，风很大，走了{}步，遇见{}只猫", "{}的花开了，等了{}天，拍了{}张照片",
           "和爸爸在{}聊了{}分钟，他讲了{}个故事")  # fmt: skip


def _rows() -> pl.DataFrame:
    rows = []
    for i in range(60):
        sell = _SELLING[i % 3].format(_GOODS[i % 10], 7 * i + 19, 100 + i)
        live = _LIVING[i % 3].format(_PLACES[i % 10], 5 * i + 3, i % 7)
        kind = ("micro_business", "recruitment", "brand")[i % 3]
        rows.append((f"s{i}", "made", sell, "promo", kind))
        rows.append((f"l{i}", "made", live, "ham", "none"))
    return pl.DataFrame(rows, schema=["id", "source", "text", "label", "category"], orient="row")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("data")
    frame = _rows()
    frame.write_parquet(folder / "made.parquet")
    frame.select("id", text=pl.col("text") + "呀").write_parquet(folder / "pool.parquet")
    return folder / "made.parquet", folder / "pool.parquet"


@needs_train
def test_training_twice_gives_the_same_bytes_and_a_model_that_tells(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    from portreeve.training import train
    from portreeve.training.student import predict

    said: list[str] = []
    for name in ("one", "two"):
        figures = train(
            [files[0]], pool=files[1], out=tmp_path / f"{name}.npz", card=tmp_path / "card.md",
            folds_out=tmp_path / "folds", progress=said.append, quick=True,
        )  # fmt: skip
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    assert figures["detection"][0.01]["AUC"].value > 0.9
    model = Model.load(tmp_path / "one.npz")
    texts = read(pl.Series(["新到面膜 49元一盒 加微信 demo777 下单", "今天去了河边，风很大"]))
    sells, lives = predict(model, texts)[:, 0]
    assert sells > lives
    assert "read 120 core posts" in said[0]
    folds = pl.read_csv(tmp_path / "folds" / "folds.csv")
    assert folds.columns == ["id", "fold", "cluster"]
    assert set(folds["fold"]) <= {0, 1, 2, 3, 4}
    assert folds.group_by("cluster").agg(pl.col("fold").n_unique())["fold"].max() == 1
    card = (tmp_path / "card.md").read_text("utf-8")
    assert "recall at 1% false positives" in card
    assert "demo777" not in card
    sellers = next(row for row in figures["policy"] if row["name"].endswith("and recruitment"))
    stopped = sellers["refused"].value + sellers["held"].value
    assert stopped + sellers["passed"].value == pytest.approx(1)
    assert f"| {sellers['name']} | {sellers['posts']:,} | {sellers['refused']} |" in card
    assert "How far the labels go" not in card
    simple = figures["floor"][0.01]["AUC"]
    assert simple.rows == 120
    assert f"AUC: the floor {simple}, the model" in card
    [one] = figures["stopped"]
    assert (one.clean, one.share) == (60, 0.98)
    assert "nothing pass, which no move tried here does, nothing can be said" in " ".join(
        card.split()
    )


@needs_train
def test_the_floor_tells_by_the_posts_of_other_folds_alone() -> None:
    raw = ["buy now", "buy it", "a walk", "a talk", "buy!", "a cat"]
    promo = np.array([True, True, False, False, True, False])
    fold = np.array([0, 0, 0, 0, 1, 1])
    scores = floor.out_of_fold(raw, promo, fold)
    assert (scores[4:] > 0).tolist() == [True, False]
    unseen = np.array([True, True, False, False, False, True])
    assert (floor.out_of_fold(raw, unseen, fold)[4:] == scores[4:]).all()


@needs_train
@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pl.DataFrame({"words": ["a"]}),
         "the column 'text' is missing. Needed are text, label; found: words."),
        (pl.DataFrame({"text": ["a"], "label": ["spam"]}),
         "the label 'spam' is not known. A label is promo or ham."),
        (pl.DataFrame({"text": ["a"], "label": ["ham"]}),
         "No file has posts with the project's categories (micro_business ... none). "
         "At least 10 are needed, as the model is tested on them."),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used(tmp_path: Path, frame: pl.DataFrame, message: str) -> None:
    from portreeve.training import train
    from portreeve.training.corpus import CorpusError

    frame.write_parquet(tmp_path / "bad.parquet")
    with pytest.raises(CorpusError) as caught:
        train([tmp_path / "bad.parquet"], out=tmp_path / "m.npz", card=tmp_path / "c.md")
    assert str(caught.value).endswith(message)


@needs_train
def test_near_copies_share_a_cluster_and_a_fold() -> None:
    from portreeve.training import copies

    posts = [
        "新到一批手工蜂蜜欢迎选购今天下单明天发货",
        "新到一批手工蜂蜜欢迎选购今天下单后天发货#好物#",
        "图书馆里的猫今天睡在窗台上没有理我",
        "河边的风很大放风筝的人很多",
    ]
    cluster = copies.clusters(posts)
    assert cluster[0] == cluster[1]
    assert len(set(cluster.tolist())) == 3
    fold_of = copies.folds(cluster, np.array(["brand", "brand", "none", "none"]), 2)
    assert fold_of[0] == fold_of[1]
    pairs = copies.copies_of(["新到一批手工蜂蜜欢迎选购今天下单大后天发货"], posts)
    assert pairs.tolist() == [[0, 0], [0, 1]]


@pytest.mark.parametrize("name", [*attacks.ATTACKS])
def test_an_attack_changes_a_post_and_some_vanish_when_folded(name: str) -> None:
    text = "好东西！加微信 abc123，面膜89元，電话"
    changed = attacks.ATTACKS[name](text, np.random.default_rng(1))
    assert changed != text
    vanishes = ("full width", "circled digits", "traditional characters", "zero-width characters",
                "look-alike letters")  # fmt: skip
    if name in vanishes:
        assert fold(changed) == fold(text)


def test_intervals_and_area() -> None:
    score = np.linspace(0, 1, 200)
    promo = score > 0.5
    names = np.where(promo, "brand", "none")
    found = measure.detection(score, promo, names, np.arange(200), 0.01, repeats=20)
    assert {name: str(value) for name, value in found.items()} == {
        "AUC": "1.000 [1.000, 1.000]",
        "all": "1.000 [1.000, 1.000]",
        "brand": "1.000 [1.000, 1.000]",
    }
    assert len(OUTPUTS) == 9


def test_what_two_more_readers_say_of_the_labels() -> None:
    promo = np.arange(200) < 100
    score = np.where(promo, 0.9, 0.1).astype(np.float32)
    score[[100, 101]] = 0.95
    read = (np.arange(200) >= 98) & (np.arange(200) < 110)
    sells = read & (np.arange(200) <= 100)
    names = np.where(promo, "brand", "none")
    figures = measure.labels(score, promo, names, np.arange(200), read, sells, (0.01, 0.02), 5)
    assert figures is not None
    assert (figures["positives"], figures["positives_called_promotion"]) == (2, 2)
    assert (figures["negatives"], figures["negatives_called_promotion"]) == (10, 1)
    assert figures["false_positives"] == {0.01: (0, 0, 0), 0.02: (2, 2, 1)}
    assert figures["detection"][0.01]["all"].value == 0.0
    assert figures["detection"][0.02]["all"].value == 1.0
    text = card._rereads({"rereads": figures})
    assert "2 positives both called 2 promotion; of\n10 negatives, 1." in text
    assert "at 2%, of 2 posts counted as false positives 2 were read again" in text
    nobody = np.zeros(200, bool)
    assert measure.labels(score, promo, names, np.arange(200), nobody, nobody, (0.01,)) is None

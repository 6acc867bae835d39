"""Searches that people keep."""

from __future__ import annotations

import pytest

from portreeve.schemas.access import Scope
from portreeve.schemas.saved_searches import SaveSearch, SearchWords
from portreeve.service.actor import Actor
from portreeve.service.errors import ServiceError
from portreeve.service.saved_searches import SavedSearches

ANA = Actor("ana", frozenset({Scope.log}))
BO = Actor("bo", frozenset({Scope.log}))


@pytest.fixture
def kept(context):
    return SavedSearches(context)


def save(kept, actor, name, *, shared=False, **words):
    return kept.save(actor, SaveSearch(name=name, shared=shared, search=SearchWords(**words)))


def test_ones_own_come_first_and_shared_ones_of_others_after(kept):
    save(kept, BO, "held", shared=True, where="verdict = 'hold'", group_by=["rules"])
    save(kept, BO, "mine alone")
    save(kept, ANA, "zebra", columns=["item"], span="2014-06-01..2014-06-30")
    save(kept, ANA, "Apple", span="all")
    assert [(one.owner, one.name) for one in kept.list(ANA)] == [
        ("ana", "Apple"), ("ana", "zebra"), ("bo", "held"),
    ]  # fmt: skip
    held = kept.list(ANA)[2]
    assert held.search == SearchWords(where="verdict = 'hold'", group_by=["rules"], span="7d")
    assert kept.get(ANA, held.id) == held


def test_the_same_name_is_replaced(kept, clock):
    first = save(kept, ANA, "held", where="verdict = 'hold'")
    clock.advance(hours=1)
    second = save(kept, ANA, "held", where="verdict = 'limit'", shared=True)
    assert (second.id, second.shared, second.saved) == (first.id, True, clock.time)
    assert [one.search.where for one in kept.list(ANA)] == ["verdict = 'limit'"]


def test_what_cannot_be_asked_is_not_kept(kept):
    with pytest.raises(ServiceError, match="unknown column `verdickt`"):
        save(kept, ANA, "x", where="verdickt = 'hold'")
    with pytest.raises(ServiceError, match="Did you mean `rules`") as error:
        save(kept, ANA, "x", group_by=["rule"])
    assert error.value.field == "search.group_by[0]"


def test_others_cannot_remove_it_nor_see_what_is_not_shared(kept):
    own, shared = save(kept, BO, "own"), save(kept, BO, "shared", shared=True)
    for act in (kept.get, kept.remove):
        with pytest.raises(ServiceError, match="There is no saved search"):
            act(ANA, own.id)
    with pytest.raises(ServiceError, match="kept by 'bo'"):
        kept.remove(ANA, shared.id)
    kept.remove(BO, own.id)
    kept.remove(Actor("root", frozenset({Scope.admin})), shared.id)
    assert kept.list(BO) == []
    with pytest.raises(ServiceError, match="lacks the scope `log`"):
        kept.list(Actor("x"))


def test_nobody_keeps_too_many(kept, monkeypatch):
    monkeypatch.setattr("portreeve.service.saved_searches.MOST_SAVED", 1)
    save(kept, ANA, "one")
    save(kept, ANA, "one", span="30d")
    with pytest.raises(ServiceError, match="1 searches are kept for you"):
        save(kept, ANA, "two")

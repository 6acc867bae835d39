"""People: added, invited, given roles, disabled; there is always an administrator."""

import threading

import msgspec
import pytest
import sqlalchemy as sa

from portreeve.schemas.access import Scope
from portreeve.schemas.people import Care, NewPerson, Preferences, Role
from portreeve.service.actor import Actor
from portreeve.service.errors import ServiceError
from portreeve.service.roles import ROLES
from portreeve.store.tables import metadata
from service import factories
from service.door import ADMIN, HERE, PASSWORD, Door
from service.support import make_context


@pytest.fixture
def door(context):
    return Door(context)


def refused(code, call, *arguments, **named):
    with pytest.raises(ServiceError) as caught:
        call(*arguments, **named)
    assert caught.value.code == code
    assert caught.value.zh or code in ("forbidden", "not-found")
    return caught.value.detail


def test_the_first_administrator_is_made_by_a_link_once(door):
    link = door.joining.first_link()
    begun = door.joining.first(link.secret, "Ada", "Ada L.", PASSWORD, Preferences(), HERE)
    ada = door.need(begun)
    assert (ada.name, ada.shown, ada.roles) == ("ada", "Ada L.", (Role.administrator,))
    assert ada.scopes == {Scope.admin}
    assert door.joining.first_link() is None
    refused("gone", door.joining.first, link.secret, "eve", None, PASSWORD, Preferences(), HERE)
    assert door.audited() == [
        ("ada", "person.create", "ada", {"roles": ["administrator"]}),
        ("ada", "person.sign-in", "ada", {"method": "link", "failed": 0}),
    ]


def test_of_two_links_for_the_first_administrator_one_is_used(door):
    links = [door.joining.first_link().secret for _ in range(2)]
    results = []

    def go(at):
        try:
            names = ("ada", "eve")
            door.joining.first(links[at], names[at], None, PASSWORD, Preferences(), HERE)
            results.append("in")
        except ServiceError as error:
            results.append(error.code)

    threads = [threading.Thread(target=go, args=(at,)) for at in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["gone", "in"]
    assert len(door.people.list(ADMIN)) == 1


def test_the_link_for_the_first_is_nothing_once_somebody_is_there(door):
    link = door.joining.first_link()
    door.people.add(ADMIN, NewPerson(name="bob", roles=[Role.reviewer]))
    refused("gone", door.joining.look, link.secret)
    refused("gone", door.joining.first, link.secret, "eve", None, PASSWORD, Preferences(), HERE)


def test_a_link_ends(door, clock):
    door.first()
    door.people.add(ADMIN, NewPerson(name="bob", roles=[Role.reviewer]))
    link = door.people.link(ADMIN, "bob")
    assert door.joining.look(link.secret) == ("invitation", "bob", "bob")
    clock.advance(days=7)
    refused("gone", door.joining.look, link.secret)
    refused("gone", door.joining.accept, link.secret, PASSWORD, HERE)


def test_a_link_is_used_once_and_a_new_one_takes_its_place(door):
    door.people.add(ADMIN, NewPerson(name="bob", roles=[Role.reviewer]))
    old, new = (door.people.link(ADMIN, "bob").secret for _ in range(2))
    refused("gone", door.joining.accept, old, PASSWORD, HERE)
    assert door.need(door.joining.accept(new, PASSWORD, HERE)).name == "bob"
    refused("gone", door.joining.accept, new, PASSWORD, HERE)


def test_a_link_gives_a_new_beginning(door):
    begun = door.add("bob")
    _, codes, begun = door.with_factor(begun)
    link = door.people.link(ADMIN, "bob")
    assert link.purpose == "recovery"
    assert door.who(begun) is not None
    again = door.joining.accept(link.secret, "nine loud geese", HERE)
    assert (again.whole, door.who(begun)) == (True, None)
    assert door.people.get(ADMIN, "bob").second_factor is False
    refused("unauthenticated", door.sign_in, "bob")
    assert door.sign_in("bob", "nine loud geese").whole
    assert codes


def test_roles_are_changed_and_sessions_end(door):
    ada, bob = door.first(), door.add("bob")
    as_ada = Actor("ada", door.need(ada).scopes)
    assert door.people.set_roles(as_ada, "bob", [Role.analyst, Role.reviewer]) is None
    assert door.who(bob) is None
    assert door.people.get(as_ada, "bob").roles == [Role.reviewer, Role.analyst]
    assert door.audited("person.roles") == [
        ("ada", "person.roles", "bob",
         {"roles": ["reviewer", "analyst"], "before": ["reviewer"]}),
    ]  # fmt: skip
    assert factories.events(door.context.database, "person.roles") == [
        ("person.roles", "bob", {"roles": ["reviewer", "analyst"]})
    ]


def test_one_s_own_roles_are_changed_and_the_session_goes_on_with_a_new_secret(door):
    ada, other = door.first(), door.sign_in("ada")
    door.add("eve", Role.administrator)
    signed_in = door.need(ada)
    as_ada = Actor("ada", signed_in.scopes)
    new = door.people.set_roles(as_ada, "ada", [Role.reviewer], session=signed_in.session)
    assert (door.who(ada), door.who(other)) == (None, None)
    assert door.need(new).roles == (Role.reviewer,)
    assert new.secret != ada.secret


@pytest.mark.parametrize("way", ["roles", "disable"])
def test_the_last_administrator_stays(door, way):
    door.first()
    door.people.add(ADMIN, NewPerson(name="eve", roles=[Role.administrator]))

    def go():
        if way == "disable":
            door.people.disable(ADMIN, "ada")
        else:
            door.people.set_roles(ADMIN, "ada", [Role.auditor])

    assert refused("conflict", go) == (
        "This is the last administrator who can sign in. Make another one first."
    )
    door.joining.accept(door.people.link(ADMIN, "eve").secret, PASSWORD, HERE)
    go()
    with pytest.raises(ServiceError, match="last administrator"):
        door.people.disable(ADMIN, "eve")


def test_two_administrators_do_not_disable_each_other(door):
    door.first()
    door.add("eve", Role.administrator)
    results = []

    def go(name):
        try:
            door.people.disable(ADMIN, name)
            results.append("done")
        except ServiceError as error:
            results.append(error.code)

    threads = [threading.Thread(target=go, args=(name,)) for name in ("ada", "eve")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["conflict", "done"]


def test_the_disabled_are_out_at_once_and_can_come_back(door):
    begun = door.add("bob")
    link = door.people.link(ADMIN, "bob")
    door.people.disable(ADMIN, "bob")
    assert door.who(begun) is None
    refused("unauthenticated", door.sign_in, "bob")
    refused("gone", door.joining.accept, link.secret, PASSWORD, HERE)
    refused("conflict", door.people.link, ADMIN, "bob")
    assert door.people.enable(ADMIN, "bob").disabled is None
    assert door.sign_in("bob").whole


@pytest.mark.parametrize("name", ["portreeve", "Screen"])
def test_nobody_has_a_name_of_the_service_s_own(door, name):
    detail = refused("invalid", door.people.add, ADMIN, NewPerson(name=name, roles=[Role.reviewer]))
    assert detail == f"{name!r} is the service's own name. Give another."


def test_a_name_is_given_once_whatever_its_capitals(door):
    door.people.add(ADMIN, NewPerson(name="Bob", roles=[Role.reviewer]))
    detail = refused(
        "conflict", door.people.add, ADMIN, NewPerson(name="BOB", roles=[Role.reviewer])
    )
    assert detail == "There is somebody called 'bob' already. Give another name."


@pytest.mark.parametrize("fields", [{"name": "Ann Lee"}, {"email": "x"}, {"roles": []}])
def test_what_is_no_person_is_refused(fields):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"name": "ann", "roles": ["reviewer"]} | fields, NewPerson)


def test_preferences_are_kept_and_shown_at_once(door):
    begun = door.add("bob")
    wanted = Preferences(
        language="zh", theme="dark", zone="Asia/Shanghai", care=Care(grey=True, break_minutes=0)
    )
    bob = door.need(begun)
    door.people.prefer(Actor(bob.name, bob.scopes), wanted)
    assert door.need(begun).preferences == wanted
    detail = refused("invalid", door.people.prefer, Actor("bob"), Preferences(zone="Asia/Peking2"))
    assert detail == "There is no time zone 'Asia/Peking2'. Give one such as Asia/Shanghai."


def test_only_administrators_manage_people(door):
    door.add("bob")
    bob, new = Actor("bob", frozenset({Scope.cases})), NewPerson(name="x", roles=[Role.auditor])
    for call in (
        lambda: door.people.list(bob),
        lambda: door.people.add(bob, new),
        lambda: door.people.link(bob, "bob"),
        lambda: door.people.set_roles(bob, "bob", [Role.administrator]),
        lambda: door.people.disable(bob, "bob"),
        lambda: door.people.enable(bob, "bob"),
        lambda: door.people.sign_out(bob, "bob"),
        lambda: door.people.get(bob, "eve"),
    ):
        refused("forbidden", call)
    assert door.people.get(bob, "bob").name == "bob"


def test_no_secret_stands_in_the_store(door):
    link = door.joining.first_link().secret
    begun = door.first()
    _, codes, begun = door.with_factor(begun)
    offered = door.profiles.offer_factor(door.need(begun)).secret
    door.people.add(ADMIN, NewPerson(name="bob", roles=[Role.reviewer]))
    invitation = door.people.link(ADMIN, "bob").secret
    with pytest.raises(ServiceError):
        door.sign_in("nobody-here", address="203.0.113.99")
    with door.context.database.read() as connection:
        stored = "".join(
            repr(connection.execute(sa.select(table)).all()) for table in metadata.sorted_tables
        )
    for secret in (
        begun.secret, link, invitation, PASSWORD, offered, codes[0], codes[0].replace("-", ""),
        "nobody-here", "203.0.113.99",
    ):  # fmt: skip
        assert secret not in stored


def test_every_role_has_words_and_scopes():
    assert list(ROLES) == list(Role)
    for duty in ROLES.values():
        assert duty.title.en
        assert duty.title.zh
        assert duty.meaning.en
        assert duty.meaning.zh
        assert duty.scopes


def test_without_local_accounts_an_administrator_with_a_password_does_not_count(
    door, database, tmp_path
):
    door.first()
    door.add("eve", Role.administrator)
    closed = Door(
        make_context(
            database, tmp_path, local_accounts=False, oidc_issuer="https://idp.example",
            oidc_client_id="portreeve",
        )
    )  # fmt: skip
    with pytest.raises(ServiceError, match="last administrator"):
        closed.people.disable(ADMIN, "eve")

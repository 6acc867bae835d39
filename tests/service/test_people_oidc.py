"""Single sign-on: what a provider says counts if it is its own, for us, of now and of this try."""

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import OctKey
from oidc_provider_mock import User, run_server_in_thread

from portreeve.schemas.people import NewPerson, Role
from portreeve.service.errors import ServiceError
from service.door import ADMIN, HERE, PASSWORD, Door
from service.identity_provider import CLIENT, new_key, serving
from service.support import make_context

BACK = "https://portreeve.example/console/login/oidc/callback"
SETTINGS = {
    "oidc_client_id": CLIENT, "oidc_client_secret": "a-secret",
    "oidc_roles": "trust-safety=reviewer,admins=administrator",
}  # fmt: skip


@pytest.fixture
def provider():
    with serving() as provider:
        yield provider


@pytest.fixture
def clock(clock):
    clock.set(datetime.now(UTC))
    return clock


@pytest.fixture
def door(database, clock, tmp_path, provider):
    return Door(make_context(database, tmp_path, oidc_issuer=provider.url, **SETTINGS))


def arrive(door, provider, *, link=None, session=None, change=None, next="/console"):
    """Go to the provider and come back."""
    sign_on = door.single_sign_on
    if session is None:
        departure = sign_on.depart(BACK, next=next, link=link)
    else:
        departure = sign_on.connect(session, BACK, next=next)
    answer = provider.send(departure.url)
    here = None if session is None else session.session
    return sign_on.arrive(departure.sealed, answer | (change or {}), HERE, session=here)


def refused(code, call, *arguments, **named):
    with pytest.raises(ServiceError) as caught:
        call(*arguments, **named)
    assert (caught.value.code, bool(caught.value.zh)) == (code, True)
    return caught.value.detail


def test_somebody_new_with_a_role_is_let_in(door, provider):
    arrival = arrive(door, provider, next="/console/queue")
    ann = door.need(arrival.begun)
    assert (ann.name, ann.shown, ann.roles) == ("ann", "Ann Lee", (Role.reviewer,))
    assert (arrival.next, arrival.connected) == ("/console/queue", False)
    person = door.people.get(ADMIN, "ann")
    assert (person.roles_from, person.identities, person.password) == (
        "oidc",
        [provider.url],
        False,
    )
    assert [action for _, action, *_ in door.audited()] == [
        "person.create", "person.connect", "person.sign-in",
    ]  # fmt: skip


def test_the_request_has_pkce_state_and_nonce(door, provider):
    departure = door.single_sign_on.depart(BACK, next="/console")
    query = {name: values[0] for name, values in parse_qs(urlsplit(departure.url).query).items()}
    assert query["redirect_uri"] == BACK
    assert (query["client_id"], query["response_type"]) == (CLIENT, "code")
    assert (query["scope"], query["code_challenge_method"]) == ("openid profile email", "S256")
    assert len(query["state"]) >= 32
    assert len(query["nonce"]) >= 32
    for secret in (query["state"], query["nonce"]):
        assert secret not in departure.sealed
    door.single_sign_on.arrive(departure.sealed, provider.send(departure.url), HERE)
    assert provider.body["code"] == ["a-code"]
    assert provider.body["redirect_uri"] == [BACK]
    assert len(provider.body["code_verifier"][0]) >= 43
    assert provider.authorization == "Basic " + base64.b64encode(b"portreeve:a-secret").decode()


def test_a_public_client_sends_no_secret(database, clock, tmp_path, provider):
    settings = SETTINGS | {"oidc_client_secret": None, "oidc_issuer": provider.url}
    door = Door(make_context(database, tmp_path, **settings))
    arrive(door, provider)
    assert provider.authorization is None
    assert provider.body["client_id"] == [CLIENT]


FOREIGN = new_key("first")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"iss": "https://elsewhere.example"}, "InvalidClaim"),
        ({"aud": "another-service"}, "InvalidClaim"),
        ({"aud": [CLIENT, "another"]}, "for another service"),
        ({"azp": "another"}, "for another service"),
        ({"nonce": "of another try"}, "InvalidClaim"),
        ({"nonce": None}, "MissingClaim"),
        ({"exp": 1_400_000_000}, "ExpiredToken"),
        ({"exp": None}, "MissingClaim"),
        ({"iat": 4_000_000_000}, "InvalidClaim"),
        ({"sub": None}, "MissingClaim"),
        ({"sub": 7}, "InvalidClaim"),
        ({"sub": "s" * 256}, "does not say who"),
    ],
)
def test_a_token_that_says_something_wrong_lets_nobody_in(door, provider, changes, why):
    provider.claims = changes
    assert why in refused("unauthenticated", arrive, door, provider)
    assert door.people.list(ADMIN) == []


def test_a_token_for_several_services_that_names_us_lets_in(door, provider):
    provider.claims = {"aud": [CLIENT, "another"], "azp": CLIENT}
    assert door.who(arrive(door, provider).begun) is not None


def test_a_token_signed_by_somebody_else_lets_nobody_in(door, provider):
    provider.signs_with = FOREIGN
    assert "BadSignature" in refused("unauthenticated", arrive, door, provider)


def test_a_token_signed_with_a_shared_secret_lets_nobody_in(door, provider):
    provider.signs_with = OctKey.import_key("a-secret", {"kid": "first"})
    provider.algorithm = "HS256"
    provider.metadata = {"id_token_signing_alg_values_supported": ["RS256", "HS256"]}
    refused("unauthenticated", arrive, door, provider)


def test_a_token_without_a_signature_lets_nobody_in(door, provider):
    provider.algorithm = "none"
    provider.metadata = {"id_token_signing_alg_values_supported": ["none", "RS256"]}
    refused("unauthenticated", arrive, door, provider)


def test_a_new_key_of_the_provider_is_looked_up(door, provider, monkeypatch):
    arrive(door, provider)
    provider.key = provider.signs_with = new_key("second")
    monkeypatch.setattr("portreeve.service.oidc._KEYS_AGAIN_SECONDS", 0.0)
    assert door.who(arrive(door, provider).begun) is not None
    assert provider.asked.count("/jwks") == 2
    assert provider.asked.count("/.well-known/openid-configuration") == 1


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"state": "another"}, "another attempt"),
        ({"state": ""}, "another attempt"),
        ({"iss": "https://elsewhere.example"}, "another provider"),
        ({"error": "access_denied"}, "it answered `access_denied`"),
        ({"error": "<b>面膜</b>"}, "it answered an error"),
        ({"code": ""}, "no code"),
    ],
)
def test_an_answer_that_is_not_to_be_trusted_lets_nobody_in(door, provider, answer, why):
    assert why in refused("unauthenticated", arrive, door, provider, change=answer)
    assert "/token" not in provider.asked


def test_a_provider_that_names_itself_must_do_so(door, provider):
    provider.metadata = {"authorization_response_iss_parameter_supported": True}
    assert "which provider" in refused("unauthenticated", arrive, door, provider)
    assert door.who(arrive(door, provider, change={"iss": provider.url}).begun) is not None


def test_an_answer_counts_in_the_browser_that_asked_and_for_a_quarter_of_an_hour(
    door, provider, clock
):
    sign_on = door.single_sign_on
    departure = sign_on.depart(BACK, next="/console")
    answer = provider.send(departure.url)
    for sealed in ("", "x", departure.sealed[:-2] + "AA", sign_on.depart(BACK, next="/").sealed):
        refused("unauthenticated", sign_on.arrive, sealed, answer, HERE)
    clock.advance(minutes=15)
    detail = refused("unauthenticated", sign_on.arrive, departure.sealed, answer, HERE)
    assert "it took too long" in detail


def test_a_code_that_the_provider_refuses_lets_nobody_in(door, provider):
    provider.status = 400
    assert "`invalid_grant`" in refused("unauthenticated", arrive, door, provider)


def test_a_provider_that_does_not_answer_is_said_so(database, clock, tmp_path, provider):
    door = Door(make_context(database, tmp_path, oidc_issuer="http://127.0.0.1:9", **SETTINGS))
    refused("unavailable", door.single_sign_on.depart, BACK, next="/console")
    other = Door(make_context(database, tmp_path, oidc_issuer=f"{provider.url}/x", **SETTINGS))
    refused("unavailable", other.single_sign_on.depart, BACK, next="/console")


def test_claims_that_only_the_user_information_has_are_asked_for(door, provider):
    provider.claims = {"groups": None, "name": None}
    provider.told = {"sub": "s-1", "groups": ["admins"], "name": "Ann of the idp"}
    ann = door.need(arrive(door, provider).begun)
    assert (ann.shown, ann.roles) == ("Ann of the idp", (Role.administrator,))
    provider.told = {"sub": "s-2", "groups": ["admins"]}
    assert "somebody else" in refused("unauthenticated", arrive, door, provider)


@pytest.mark.parametrize("groups", [None, [], ["others"], "others", 7, {"others": 1}, [7]])
def test_nobody_without_a_role_is_let_in(door, provider, groups):
    provider.claims = {"groups": groups}
    refused("forbidden", arrive, door, provider)
    assert door.people.list(ADMIN) == []


def test_roles_are_those_of_the_last_sign_in(door, provider):
    door.first()
    first = arrive(door, provider).begun
    provider.claims = {"groups": ["admins", "trust-safety"]}
    second = arrive(door, provider).begun
    assert door.need(second).roles == (Role.reviewer, Role.administrator)
    assert door.who(first) is None
    provider.claims = {"groups": []}
    refused("forbidden", arrive, door, provider)
    assert door.who(second) is None
    assert door.people.get(ADMIN, "ann").roles == []
    provider.claims = {}
    assert door.need(arrive(door, provider).begun).roles == (Role.reviewer,)


def test_the_last_administrator_stays_one_whatever_the_provider_says(door, provider):
    provider.claims = {"groups": ["admins"]}
    arrive(door, provider)
    provider.claims = {"groups": []}
    assert door.need(arrive(door, provider).begun).roles == (Role.administrator,)


def test_roles_given_here_are_left_as_they_are(door, provider):
    arrive(door, provider)
    door.people.set_roles(ADMIN, "ann", [Role.analyst])
    assert door.need(arrive(door, provider).begun).roles == (Role.analyst,)


def test_a_name_in_a_claim_opens_nobody_s_account(door, provider):
    door.add("ann", Role.administrator)
    assert "somebody called 'ann'" in refused("conflict", arrive, door, provider)


def test_a_name_that_nobody_may_have_is_said_so(door, provider):
    provider.claims = {"preferred_username": "安"}
    assert "`preferred_username`" in refused("invalid", arrive, door, provider)
    provider.claims = {"preferred_username": "Ann Lee"}
    assert door.need(arrive(door, provider).begun).name == "ann.lee"


def test_the_first_administrator_comes_by_a_link(door, provider):
    link = door.joining.first_link().secret
    provider.claims = {"groups": []}
    ann = door.need(arrive(door, provider, link=link).begun)
    assert ann.roles == (Role.administrator,)
    assert door.need(arrive(door, provider).begun).roles == (Role.administrator,)
    refused("gone", door.single_sign_on.depart, BACK, next="/console", link=link)


def test_somebody_invited_connects_by_the_link(door, provider):
    door.people.add(ADMIN, NewPerson(name="bob", roles=[Role.senior]))
    link = door.people.link(ADMIN, "bob").secret
    assert door.need(arrive(door, provider, link=link).begun).roles == (Role.senior,)
    assert door.need(arrive(door, provider).begun).name == "bob"


def test_somebody_signed_in_connects_and_disconnects(door, provider):
    begun = door.add("bob", Role.senior)
    arrival = arrive(door, provider, session=door.need(begun))
    assert (arrival.connected, door.who(begun)) == (True, None)
    bob = door.need(arrival.begun)
    assert door.need(arrive(door, provider).begun).name == "bob"
    eve = door.need(door.add("eve"))
    assert "somebody else here" in refused("conflict", arrive, door, provider, session=eve)
    door.single_sign_on.disconnect(bob, provider.url)
    assert door.people.get(ADMIN, "bob").identities == []


def test_the_only_way_in_is_not_disconnected(door, provider):
    ann = door.need(arrive(door, provider).begun)
    refused("conflict", door.single_sign_on.disconnect, ann, provider.url)
    refused("conflict", door.profiles.offer_factor, ann)
    refused("unauthenticated", door.profiles.change_password, ann, "", PASSWORD, HERE)


def test_connecting_needs_the_session_still(door, provider):
    bob = door.need(door.add("bob"))
    door.people.sign_out(ADMIN, "bob")
    refused("gone", arrive, door, provider, session=bob)


@pytest.mark.parametrize("own", [True, False])
def test_nobody_connects_in_the_browser_of_another(door, provider, own):
    # eve plants the cookie of her own way to the provider in the browser of bob
    bob, eve = door.need(door.add("bob")), door.need(door.add("eve"))
    departure = door.single_sign_on.connect(eve, BACK, next="/console")
    answer = provider.send(departure.url)
    session = bob.session if own else None
    sign_on = door.single_sign_on
    refused("gone", sign_on.arrive, departure.sealed, answer, HERE, session=session)
    assert door.people.get(ADMIN, "eve").identities == []


def test_a_provider_that_signs_in_no_known_way_lets_nobody_in(door, provider):
    provider.metadata["id_token_signing_alg_values_supported"] = ["HS256", "none"]
    assert "no way that is known" in refused("unauthenticated", arrive, door, provider)


def test_the_disabled_are_not_let_in(door, provider):
    door.first()
    arrive(door, provider)
    door.people.disable(ADMIN, "ann")
    refused("forbidden", arrive, door, provider)


@pytest.mark.parametrize(
    ("settings", "detail"),
    [
        ({"oidc_issuer": "https://idp.example"}, "without PORTREEVE_OIDC_CLIENT_ID"),
        ({"local_accounts": False}, "nobody could sign in"),
        ({"oidc_roles": "admins=boss"}, "'admins=boss' is not a value and a role"),
    ],
)
def test_settings_that_do_not_fit_are_refused_at_the_start(database, tmp_path, settings, detail):
    with pytest.raises(ServiceError) as caught:
        Door(make_context(database, tmp_path, **settings))
    assert detail in caught.value.detail


def test_against_oidc_provider_mock(database, clock, tmp_path):
    claims = {"preferred_username": "mia", "name": "Mia", "groups": ["trust-safety"]}
    with run_server_in_thread(user_claims=[User(sub="m-1", claims=claims)]) as server:
        issuer = f"http://localhost:{server.server_port}"
        door = Door(make_context(database, tmp_path, oidc_issuer=issuer, **SETTINGS))
        for _ in range(2):
            departure = door.single_sign_on.depart(BACK, next="/console")
            reply = httpx.post(departure.url, data={"sub": "m-1"})
            answer = {
                name: values[0]
                for name, values in parse_qs(urlsplit(reply.headers["location"]).query).items()
            }
            clock.set(datetime.now(UTC) + timedelta(seconds=1))
            mia = door.need(door.single_sign_on.arrive(departure.sealed, answer, HERE).begun)
            assert (mia.name, mia.shown, mia.roles) == ("mia", "Mia", (Role.reviewer,))

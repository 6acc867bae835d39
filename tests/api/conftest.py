"""A real server for each module of tests."""

from __future__ import annotations

from types import SimpleNamespace

import httpx
import pytest

from portreeve.api.server import Server
from portreeve.schemas.access import Scope
from portreeve.schemas.keys import NewKey
from portreeve.service.actor import PORTREEVE
from portreeve.service.kept_answers import KeptAnswers
from portreeve.service.keys import Keys
from portreeve.service.metrics import Metrics
from portreeve.service.webhooks import Webhooks
from portreeve.store import Database
from service.support import make_context


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("service")
    database = Database(f"sqlite:///{folder}/portreeve.sqlite")
    database.create()
    context = make_context(database, folder, port=0, body_limit=100_000)
    service = SimpleNamespace(
        context=context, keys=Keys(context), webhooks=Webhooks(context),
        kept_answers=KeptAnswers(context), metrics=Metrics(),
    )
    service.ready = lambda: {"database": "ok"}
    service.measured = lambda actor: service.metrics.page()
    service.keys.first_key()
    service.keys.start()
    service.webhooks.start()
    yield service
    service.webhooks.stop()
    service.keys.stop()


@pytest.fixture(scope="module")
def url(service):
    server = Server(service)
    server.start()
    yield server.url
    server.stop()


@pytest.fixture(scope="module")
def admin_key(service):
    return (service.context.folder / "admin.key").read_text().strip()


@pytest.fixture(scope="module")
def new_key(service):
    def make(*scopes, name="ann", **more):
        new = NewKey(name=name, scopes=[Scope(scope) for scope in scopes], **more)
        return service.keys.create(PORTREEVE, new).secret

    return make


@pytest.fixture(scope="module")
def http(url, admin_key):
    headers = {"Authorization": f"Bearer {admin_key}"}
    with httpx.Client(base_url=url, headers=headers) as http:
        yield http

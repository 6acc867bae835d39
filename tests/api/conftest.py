"""A real server for each module of tests, on a free port, over a store of its own."""

from __future__ import annotations

import threading

import httpx
import pytest

from portreeve.client import Client
from portreeve.schemas.access import Scope
from portreeve.schemas.keys import NewKey
from portreeve.server import Server
from portreeve.service.actor import PORTREEVE
from portreeve.service.service import Service
from portreeve.service.settings import Settings
from service.conftest import postgres_server

__all__ = ["postgres_server"]


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """What a module's service is set to; a module may have its own."""
    return Settings(data=str(tmp_path_factory.mktemp("data")), port=0, body_limit=100_000)


@pytest.fixture(scope="module")
def service(settings):
    service = Service.open(settings)
    service.keys.first_key()
    return service


@pytest.fixture(scope="module")
def url(service):
    ready = threading.Event()
    server = Server(service, ready=ready.set)
    server.start()
    assert ready.wait(120)
    yield server.url
    server.stop()


@pytest.fixture(scope="module")
def admin_key(service):
    return (service.context.folder / "admin.key").read_text().strip()


@pytest.fixture(scope="module")
def new_key(service, url):
    """Makes a key with some scopes; its secret."""

    def make(*scopes, name="ann", **more):
        new = NewKey(name=name, scopes=[Scope(scope) for scope in scopes], **more)
        return service.keys.create(PORTREEVE, new).secret

    return make


@pytest.fixture(scope="module")
def http(url, admin_key):
    headers = {"Authorization": f"Bearer {admin_key}"}
    with httpx.Client(base_url=url, headers=headers, timeout=30) as http:
        yield http


@pytest.fixture(scope="module")
def client(url, admin_key):
    with Client(url, admin_key) as client:
        yield client

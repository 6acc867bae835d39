"""The description of the API says what is so: every route, every scope, what is in the docs."""

import json
from pathlib import Path

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from portreeve.api import openapi
from portreeve.api.table import ROUTES
from portreeve.service.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = 6
"""How many requests are tried of each kind for each operation, and each database."""

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def settings(request, tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("data"))
    if request.param == "sqlite":
        yield Settings(data=folder, port=0)
        return
    server = request.getfixturevalue("postgres_server")
    server.run("CREATE DATABASE described")
    yield Settings(data=folder, port=0, database=server.url("described"))
    server.run("DROP DATABASE described WITH (FORCE)")


def test_it_needs_no_key(url):
    answer = httpx.get(f"{url}/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == json.loads((DOCS / "openapi.json").read_text())


def test_it_has_every_route():
    found = {
        (method.upper(), path, operation["operationId"], operation.get("x-scope"))
        for path, methods in openapi.document()["paths"].items()
        for method, operation in methods.items()
    }
    assert found == {
        (route.method, route.path, route.operation, route.scope and route.scope.value)
        for route in ROUTES
    }


def test_operations_have_names_of_their_own():
    names = [route.operation for route in ROUTES]
    assert sorted(names) == sorted(set(names))


def test_everything_is_described():
    def bare(schema, where):
        for name, field in schema.get("properties", {}).items():
            if not field.get("description"):
                yield f"{where}.{name}"

    schemas = openapi.document()["components"]["schemas"]
    assert [name for where, schema in schemas.items() for name in bare(schema, where)] == []
    assert [name for name, schema in schemas.items() if not schema.get("description")] == []


DESCRIBED = {
    found.ok().definition.raw["operationId"]: found.ok()
    for found in schemathesis.openapi.from_dict(openapi.document()).get_all_operations()
}


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("operation", DESCRIBED)
def test_the_service_does_what_it_says(url, admin_key, operation, mode):
    headers = {"Authorization": f"Bearer {admin_key}"}

    @hypothesis_settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=DESCRIBED[operation].as_strategy(generation_mode=mode))
    def holds(case):
        case.call_and_validate(base_url=url, headers=headers, checks=CHECKS)

    try:
        holds()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, "no valid request can be made"

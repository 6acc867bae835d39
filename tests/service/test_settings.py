"""Settings from the environment: what is wrong is said by the variable's name."""

import pytest

from portreeve.service.errors import ServiceError
from portreeve.service.settings import Settings, from_environment


def test_what_is_not_named_has_its_default(tmp_path):
    secret = tmp_path / "database"
    secret.write_text("postgresql://localhost/square\n")
    given = {"PORTREEVE_PORT": "0", "PORTREEVE_DATABASE_FILE": str(secret), "PATH": "/bin"}
    assert from_environment(given) == Settings(port=0, database="postgresql://localhost/square")


@pytest.mark.parametrize(
    ("name", "value", "detail"),
    [
        ("PORT", "abc", "PORTREEVE_PORT must be a whole number."),
        ("PORT", "-1", "PORTREEVE_PORT: Expected `int` >= 0."),
        ("RATE_LIMIT", "fast", "PORTREEVE_RATE_LIMIT must be a number."),
        ("WEBHOOK_PRIVATE", "maybe", "PORTREEVE_WEBHOOK_PRIVATE must be true or false."),
        ("LOG_LEVEL", "loud", "PORTREEVE_LOG_LEVEL must be one of debug, info, warning, error."),
    ],
)
def test_what_is_wrong_is_named(name, value, detail):
    with pytest.raises(ServiceError) as error:
        from_environment({f"PORTREEVE_{name}": value})
    assert (error.value.detail, error.value.field) == (detail, f"PORTREEVE_{name}")

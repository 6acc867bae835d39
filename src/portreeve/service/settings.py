"""Every setting of the service, defined once: name, type, default, meaning.

A setting is given in the environment as ``PORTREEVE_`` and its name in capitals, or as
``PORTREEVE_..._FILE`` naming a file that holds it, which is the way for secrets.
"""

from __future__ import annotations

import os
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from portreeve.service.errors import ServiceError


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How the service runs.

    >>> Settings().port
    8014
    """

    host: Annotated[str, Meta(description="address to listen on")] = "127.0.0.1"
    port: Annotated[int, Meta(description="port to listen on; 0 takes a free one", ge=0)] = 8014
    data: Annotated[str, Meta(description="folder of everything the service keeps")] = (
        "portreeve-data"
    )
    database: Annotated[
        str | None,
        Meta(description="address of a PostgreSQL database; SQLite in `data` when not given"),
    ] = None
    master_key: Annotated[
        str | None,
        Meta(description="base64 of 32 bytes that seal people's keys; made in `data` if not given"),
    ] = None
    signing_key: Annotated[
        str | None,
        Meta(
            description="base64 of the 32 bytes of the Ed25519 key that signs decision records; "
            "made in `data` if not given"
        ),
    ] = None
    network: Annotated[str, Meta(description="the policy that governs items which name none")] = (
        "acquaintance"
    )
    public_url: Annotated[
        str | None, Meta(description="address under which people reach this service, for links")
    ] = None
    former_signing_keys: Annotated[
        str | None,
        Meta(
            description="public keys, in base64 with commas between, that signed decision records "
            "before `signing_key`"
        ),
    ] = None
    policy_approvals: Annotated[
        int, Meta(description="people besides the proposer who must approve a policy version", ge=0)
    ] = 1
    alarm_hits: Annotated[
        int, Meta(description="hits that a rule must have for an alarm about its rate", ge=1)
    ] = 20
    alarm_ratio: Annotated[
        float, Meta(description="times a rule's hit rate must grow for an alarm", ge=1)
    ] = 3.0
    alarm_chance: Annotated[
        float,
        Meta(description="an alarm needs a jump less likely by chance than this", gt=0, le=0.5),
    ] = 1e-6
    content_days: Annotated[int, Meta(description="days until content is deleted", ge=1)] = 183
    decision_days: Annotated[int, Meta(description="days until decisions are deleted", ge=1)] = 1096
    appeal_days: Annotated[int, Meta(description="days in which a decision can be appealed")] = 183
    second_reading_rate: Annotated[
        float,
        Meta(description="share of decided cases that a second reviewer reads blind", ge=0, le=1),
    ] = 0.05
    body_limit: Annotated[int, Meta(description="largest request, in bytes", ge=1024)] = 16_777_216
    rate_limit: Annotated[
        float, Meta(description="requests a second a key may make over time", gt=0)
    ] = 10_000.0
    gather_ms: Annotated[
        float,
        Meta(
            description="milliseconds at least between two lots of online calls that are screened "
            "together; a call that comes alone does not wait",
            ge=0,
        ),
    ] = 8.0
    screen_apart: Annotated[
        bool,
        Meta(
            description="`portreeve serve` screens in a process of its own, which answers more "
            "evenly and takes some 180 MiB more; where memory is short, turn it off"
        ),
    ] = True
    webhook_private: Annotated[
        bool,
        Meta(description="webhooks may go to addresses of inner networks, and by http"),
    ] = False
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Meta(description="from which severity on something is logged"),
    ] = "info"
    memory: Annotated[
        bool, Meta(description="what is remembered between items: copies, campaigns, counters")
    ] = True
    campaign_accounts: Annotated[
        int,
        Meta(
            description="accounts from which a campaign gets a case; one with a tree to be "
            "referred always does",
            ge=2,
        ),
    ] = 10
    picture_bytes: Annotated[
        int, Meta(description="largest file of a picture that is taken", ge=1024)
    ] = 8_388_608
    picture_words: Annotated[
        bool, Meta(description="the words in pictures are read, some 0.2 seconds of CPU for each")
    ] = True
    picture_queue: Annotated[
        int,
        Meta(
            description="pictures that may wait to have their words read; of more, the least "
            "urgent are given up, and counted",
            ge=1,
        ),
    ] = 10_000
    follow_links: Annotated[
        bool,
        Meta(
            description="short links in items that appear are followed to where they lead, and the "
            "items decided again; this asks the servers that they name"
        ),
    ] = False
    follow_per_domain: Annotated[
        int,
        Meta(description="requests an hour to one registrable domain, by each process", ge=1),
    ] = 120
    memory_redis: Annotated[
        str | None,
        Meta(
            description="address of a Redis server, such as redis://127.0.0.1:6379/0, through "
            "which several service processes remember the same; else a file in `data`"
        ),
    ] = None
    traces: Annotated[
        str | None,
        Meta(
            description="address of an OpenTelemetry collector (OTLP over HTTP) for traces, such "
            "as http://127.0.0.1:4318; OTEL_EXPORTER_OTLP_ENDPOINT if not given; else no traces"
        ),
    ] = None
    commerce_rules: Annotated[
        str | None,
        Meta(
            description="folder whose files take the place of the shipped rules of commerce: "
            "licences.yaml, ads.yaml, merchants.yaml, liability.yaml, promoters.yaml, "
            "group_buying.yaml, partners.yaml, links.yaml"
        ),
    ] = None
    deadlines: Annotated[
        str,
        Meta(
            description="deadlines that differ from the usual ones, such as `moments=300:allow`: "
            "surface, milliseconds, and what happens then: allow, hold or refuse"
        ),
    ] = ""
    local_accounts: Annotated[
        bool, Meta(description="people may sign in to the console with a password kept here")
    ] = True
    require_totp: Annotated[
        bool, Meta(description="who signs in with a password needs a second factor (TOTP)")
    ] = False
    oidc_issuer: Annotated[
        str | None,
        Meta(description="address of an OpenID Connect provider that people sign in with"),
    ] = None
    oidc_client_id: Annotated[
        str | None, Meta(description="what the provider calls this service")
    ] = None
    oidc_client_secret: Annotated[
        str | None, Meta(description="the secret the provider gave for it; none: a public client")
    ] = None
    oidc_scopes: Annotated[
        str, Meta(description="what the provider is asked for, with spaces between")
    ] = "openid profile email"
    oidc_name_claim: Annotated[
        str, Meta(description="the claim that names a person who signs in for the first time")
    ] = "preferred_username"
    oidc_roles_claim: Annotated[
        str,
        Meta(description="the claim that says what a person is; dots lead into objects"),
    ] = "groups"
    oidc_roles: Annotated[
        str,
        Meta(
            description="which role each value of that claim gives, such as "
            "`trust-safety=reviewer,admins=administrator`; whoever has one of them may sign in"
        ),
    ] = ""
    trusted_proxies: Annotated[
        int,
        Meta(
            description="reverse proxies before the service that each add the address they were "
            "called from to X-Forwarded-For",
            ge=0,
            le=10,
        ),
    ] = 0
    drain_seconds: Annotated[
        float, Meta(description="how long a stopping service finishes work")
    ] = 20.0

    @property
    def commerce_folder(self) -> Path | None:
        """Where files lie that take the place of the shipped rules of commerce."""
        return None if self.commerce_rules is None else Path(self.commerce_rules)

    def __repr__(self) -> str:
        """The settings without their secrets, so that no log or traceback holds one."""
        shown = {name: getattr(self, name) for name in self.__struct_fields__}
        shown |= {name: "(given)" for name in SECRETS if shown[name] is not None}
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in shown.items())})"


SECRETS = ("database", "memory_redis", "master_key", "signing_key", "oidc_client_secret")
"""Settings that are secret; the address of a database may hold its password."""


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings that an environment names; the defaults for the others.

    Raises:
        ServiceError: ``invalid``, naming the variable.
    """
    given: dict[str, str] = {}
    for name in Settings.__struct_fields__:
        variable = f"PORTREEVE_{name.upper()}"
        if f"{variable}_FILE" in environment:
            given[name] = Path(environment[f"{variable}_FILE"]).read_text().strip()
        elif variable in environment:
            given[name] = environment[variable]
    hints = typing.get_type_hints(Settings, include_extras=True)
    values = {name: _typed(name, value, hints[name]) for name, value in given.items()}
    return Settings(**values)


def _typed(name: str, value: str, hint: object) -> typing.Any:
    try:
        return msgspec.convert(value, hint, strict=False)
    except msgspec.ValidationError as error:
        variable = f"PORTREEVE_{name.upper()}"
        kind = typing.get_args(hint)[0]
        if typing.get_origin(kind) is Literal:
            what = f"{variable} must be one of {', '.join(typing.get_args(kind))}."
        elif kind in _KINDS and str(error).endswith("got `str`"):
            what = f"{variable} must be {_KINDS[kind]}."
        else:
            what = f"{variable}: {error}."
        raise ServiceError("invalid", what, field=variable) from None


_KINDS = {int: "a whole number", float: "a number", bool: "true or false"}

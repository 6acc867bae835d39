"""People who sign in to the console: who they are, how they prove it, and where they are signed in.

No secret stands here that would open anything: passwords are hashed, secrets of second factors are
sealed, and of cookies and links only digests are kept.
"""

from __future__ import annotations

import sqlalchemy as sa

from portreeve.store.columns import Json, Time
from portreeve.store.tables.base import column, table

people = table(
    "people",
    "Who may sign in to the console.",
    column("name", sa.Text, "the audit log's name for them, in small letters", primary_key=True),
    column("shown", sa.Text, "their name as others see it"),
    column("email", sa.Text, "their address, if they gave one", nullable=True),
    column("password", sa.Text, "Argon2id hash; null: they have none", nullable=True),
    column("totp", sa.LargeBinary, "secret of the second factor, sealed with a key made of the "
           "master key", nullable=True),
    column("totp_offered", sa.LargeBinary, "a secret that was shown and is not confirmed yet, "
           "sealed", nullable=True),
    column("totp_offered_at", Time, "when that was made; it lapses soon after", nullable=True),
    column("totp_step", sa.BigInteger, "30-second step of the last code used, so that none is used "
           "twice", nullable=True),
    column("recovery", Json, "keyed digests of the recovery codes that are left"),
    column("roles", Json, "what they do here"),
    column("roles_from", sa.Text, "who gives the roles: portreeve, or oidc at each sign-in"),
    column("preferences", Json, "language, theme, time zone, care"),
    column("created", Time, "when they were added"),
    column("created_by", sa.Text, "by whom"),
    column("disabled", Time, "since when they may not sign in", nullable=True),
    column("signed_in", Time, "when they last did", nullable=True),
)  # fmt: skip

identities = table(
    "person_identities",
    "Who a person is at an OpenID Connect provider.",
    column("issuer", sa.Text, "the provider", primary_key=True),
    column("subject", sa.Text, "the provider's own name for them", primary_key=True),
    column("person", sa.Text, "who it is here", index=True),
    column("created", Time, "when they were first known"),
)

console_sessions = table(
    "console_sessions",
    "Where people are signed in. The cookies' secrets are not kept, only their digests.",
    column("id", sa.Text, "SHA-256 of the cookie's secret, in hex", primary_key=True),
    column("person", sa.Text, "who", index=True),
    column("method", sa.Text, "how they proved it: password, link or oidc"),
    column("stepped", Time, "when all factors were passed; null: the second one is still due",
           nullable=True),
    column("csrf", sa.Text, "what their forms must send along"),
    column("agent", sa.Text, "browser and system, such as Firefox on Linux"),
    column("created", Time, "when they signed in"),
    column("used", Time, "when it was last used, to within some minutes"),
    column("expires", Time, "when it ends, however much it is used", index=True),
)  # fmt: skip

sign_in_links = table(
    "sign_in_links",
    "One-time links: to be the first administrator, to accept an invitation, to recover.",
    column("digest", sa.Text, "SHA-256 of the link's secret, in hex", primary_key=True),
    column("purpose", sa.Text, "first, invitation or recovery"),
    column("person", sa.Text, "whom it lets in; null for the first administrator", nullable=True,
           index=True),
    column("created", Time, "when it was made"),
    column("created_by", sa.Text, "by whom"),
    column("expires", Time, "until when it can be used"),
)  # fmt: skip

sign_in_failures = table(
    "sign_in_failures",
    "Failed attempts to sign in, which make the next ones wait.",
    column("id", sa.Text, "keyed digest of the name or of the address they came from",
           primary_key=True),
    column("failures", sa.Integer, "how many in a row"),
    column("last", Time, "when the last was", index=True),
    column("until", Time, "before when no further attempt is looked at"),
)  # fmt: skip

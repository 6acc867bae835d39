"""Which submissions can be decided, and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from portreeve.model import Surface, SurfaceState
from portreeve.policy import Policy
from portreeve.policy.errors import suggest
from portreeve.schemas.base import LONGEST_NAME
from portreeve.schemas.screening import MESSAGE_ITEM, Submission
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, time_beyond
from portreeve.service.lots import PolicyTimes
from portreeve.signals.goods_table import goods_table
from portreeve.store import in_utc

LEAST_ID, MOST_ID = -(2**63), 2**64 - 1
"""What an id may be that is a number: what 64 bits hold, with a sign or without."""

_NAMES = ("account", "parent", "audience")


class Checks:
    """Looks at submissions before they are accepted."""

    def __init__(self, context: Context, policies: PolicyTimes) -> None:
        self._context = context
        self._policies = policies

    def wrong(self, submissions: Sequence[Submission]) -> Iterator[tuple[int, ServiceError]]:
        """The places of those that cannot be decided, and why: ``invalid``, ``sealed-surface``,
        or ``not-found`` for a network that nothing governs."""
        known: dict[str | None, Policy | ServiceError] = {}
        for at, submission in enumerate(submissions):
            error = self._error(submission, known)
            if error is not None:
                yield at, error

    def _error(
        self, submission: Submission, known: dict[str | None, Policy | ServiceError]
    ) -> ServiceError | None:
        if submission.surface.sealed:
            return ServiceError(
                "sealed-surface",
                f"Surface {submission.surface.value!r} is sealed: nothing of it is screened. Leave "
                "these items out.",
                field="surface",
            )
        policy = known.get(submission.network)
        if policy is None:
            policy = known[submission.network] = self._policy(submission.network)
        return policy if isinstance(policy, ServiceError) else _fault(submission, policy)

    def _policy(self, network: str | None) -> Policy | ServiceError:
        named = network or self._context.settings.network
        try:
            return self._policies.at(named, self._context.now()).policy
        except ServiceError as error:
            return error


def _fault(submission: Submission, policy: Policy) -> ServiceError | None:
    """What is wrong with a submission of a network that a policy governs."""
    state = policy.surfaces.get(submission.surface, SurfaceState.governed)
    if state is not SurfaceState.governed:
        return _closed(submission.surface, state, policy.label)
    id = str(submission.id)
    if not id or len(id) > LONGEST_NAME or "\x00" in id:
        return ServiceError(
            "invalid",
            f"`id` must have 1 to {LONGEST_NAME} characters, none of them NUL.",
            field="id",
        )
    if id.startswith(MESSAGE_ITEM):
        return ServiceError(
            "invalid",
            f"`id` begins with {MESSAGE_ITEM!r}, as only those of reported private messages do. "
            "Give the item another.",
            field="id",
        )
    if isinstance(submission.id, int) and not LEAST_ID <= submission.id <= MOST_ID:
        return ServiceError(
            "invalid",
            f"`id` is a number beyond {LEAST_ID} and {MOST_ID}. Give it as text.",
            field="id",
        )
    if submission.time is not None and in_utc(submission.time) is None:
        return time_beyond("time")
    if submission.pictures and (submission.codes or submission.picture_text):
        return ServiceError(
            "invalid",
            "Give `pictures`, which are read here, or what they show (`codes`, `picture_text`), "
            "not both.",
            field="pictures",
        )
    category = submission.category
    if category is not None and category not in goods_table():
        near = suggest(category, goods_table()) or "The table of goods lists them."
        return ServiceError(
            "invalid", f"There is no category {category!r}. {near}", field="category"
        )
    for name in _NAMES:
        value = getattr(submission, name)
        if value is not None and ("\x00" in value or len(value) > LONGEST_NAME):
            return ServiceError(
                "invalid",
                f"`{name}` must have at most {LONGEST_NAME} characters, none of them NUL.",
                field=name,
            )
    return None


def _closed(surface: Surface, state: SurfaceState, label: str) -> ServiceError:
    if state is SurfaceState.sealed:
        return ServiceError(
            "sealed-surface",
            f"Surface {surface.value!r} is sealed in policy {label}: nothing of it is screened. "
            "Leave these items out.",
            field="surface",
        )
    return ServiceError(
        "invalid",
        f"Surface {surface.value!r} is off in policy {label}. "
        "Leave these items out until the policy's entry conditions hold.",
        field="surface",
    )

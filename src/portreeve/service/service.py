"""The service: every part of it, put together once. Every door calls this and nothing else."""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import cached_property

from portreeve.schemas.access import Scope
from portreeve.service.account_history import AccountHistories
from portreeve.service.accounts import Accounts
from portreeve.service.actor import Actor
from portreeve.service.apart.deciding import RemoteDecider
from portreeve.service.apart.process import ScreeningProcess
from portreeve.service.apart.remembering import RemoteRemembering
from portreeve.service.appeals import Appeals
from portreeve.service.attempts import Attempts
from portreeve.service.audit import AuditLog
from portreeve.service.audit_check import AuditChecks
from portreeve.service.campaigns import Campaigns
from portreeve.service.cases import Cases
from portreeve.service.claim import FolderClaim
from portreeve.service.commerce.ad_market import AdMarket
from portreeve.service.commerce.ads import Ads
from portreeve.service.commerce.book import Book
from portreeve.service.commerce.broadcasts import Broadcasts
from portreeve.service.commerce.customers import Customers
from portreeve.service.commerce.deals import Deals
from portreeve.service.commerce.enrolments import Enrolments
from portreeve.service.commerce.interests import Interests
from portreeve.service.commerce.links import Links
from portreeve.service.commerce.live_harms import LiveHarms
from portreeve.service.commerce.live_ledgers import LiveLedgers
from portreeve.service.commerce.live_sales import LiveSales
from portreeve.service.commerce.merchant_files import MerchantFiles
from portreeve.service.commerce.merchants import Merchants
from portreeve.service.commerce.partner_tokens import PartnerTokens
from portreeve.service.commerce.partners import Partners
from portreeve.service.commerce.staff import Staff
from portreeve.service.concerned import Concerned
from portreeve.service.context import Context, open_context
from portreeve.service.crowds import CrowdRoom
from portreeve.service.decider import Decider
from portreeve.service.deciding_again import DecidingAgain
from portreeve.service.decision_facts import DecisionRoom
from portreeve.service.decisions import PersonDecisions
from portreeve.service.enforcement import Enforcement
from portreeve.service.evidence import EvidenceRoom
from portreeve.service.franking import FrankingKeys
from portreeve.service.happenings import Happenings
from portreeve.service.health import Health
from portreeve.service.in_force import LOOK_EVERY
from portreeve.service.joining import Joining
from portreeve.service.judging import Judgements
from portreeve.service.kept_answers import KeptAnswers
from portreeve.service.keys import Keys
from portreeve.service.likeness import Likeness
from portreeve.service.link_facts import LinkFacts
from portreeve.service.link_following import LinkFollowing
from portreeve.service.log import Log
from portreeve.service.measured import Measurements
from portreeve.service.message_judge import PolicyMessageJudge
from portreeve.service.metrics import Metrics
from portreeve.service.more_known import MoreKnown
from portreeve.service.notices import Notices
from portreeve.service.overview import Overviews
from portreeve.service.passwords import Passwords
from portreeve.service.people import People
from portreeve.service.picture_bank_index import LOOK_EVERY as LOOK_AT_BANKS_EVERY
from portreeve.service.picture_bank_index import BankIndex
from portreeve.service.picture_banks import PictureBanks
from portreeve.service.picture_facts import PictureFacts
from portreeve.service.picture_reading import PictureReading
from portreeve.service.picture_viewing import PictureViewing
from portreeve.service.pictures import Pictures
from portreeve.service.policies import Policies
from portreeve.service.policy_difference import Differences
from portreeve.service.policy_drafts import Drafts
from portreeve.service.preview import Previews
from portreeve.service.privacy import Privacy
from portreeve.service.probe import Probe
from portreeve.service.profiles import Profiles
from portreeve.service.public_policies import PublicPolicies
from portreeve.service.readers import Readers
from portreeve.service.readings import Readings
from portreeve.service.remembering import Remembering
from portreeve.service.reports import Reports
from portreeve.service.rescreening import Rescreening
from portreeve.service.retention import SWEEP_EVERY, Retention
from portreeve.service.retroactive import Retroactive
from portreeve.service.review import Review
from portreeve.service.rule_facts import RuleFacts
from portreeve.service.sanctions import Sanctions
from portreeve.service.saved_searches import SavedSearches
from portreeve.service.screening import FoundOut, Screening
from portreeve.service.sessions import Sessions
from portreeve.service.settings import Settings
from portreeve.service.signing_in import SigningIn
from portreeve.service.single_sign_on import SingleSignOn
from portreeve.service.steadiness import steady
from portreeve.service.stored import Stored
from portreeve.service.trajectories import SellerTrajectories
from portreeve.service.undo import Undo
from portreeve.service.webhooks import Webhooks
from portreeve.service.worker import Worker
from portreeve.store import StoreUnavailableError

_FOLLOWED_AT_ONCE = 100
"""Few, since nothing is decided while their transaction is open."""
_FOLLOW_GATHER = 0.1
"""Seconds in which decisions with consequences gather: few transactions instead of many."""
_MINUTE = 60.0
_HOUR = SWEEP_EVERY.total_seconds()


class Service:
    """Everything that Portreeve does, as one object.

    >>> import tempfile
    >>> from portreeve.schemas.screening import Submission
    >>> from portreeve.service.actor import PORTREEVE
    >>> service = Service.open(Settings(data=tempfile.mkdtemp()))
    >>> service.start()
    >>> [post] = service.screening.screen(
    ...     PORTREEVE, [Submission(id="p-1", text="面膜89元一盒 加微信 abc12345 下单")]
    ... )
    >>> post.verdict.value, post.reasons[0].clause
    ('refuse', '3.1')
    >>> service.stop()
    """

    def __init__(self, context: Context, apart: ScreeningProcess | None = None) -> None:
        """Put the parts together; nothing runs yet. ``apart``: the process that screens, when it is
        not this one."""
        self.context = context
        self.metrics = Metrics()
        self.policies = Policies(context)
        self.stored = Stored(context, self.policies)
        decider: Decider | None = None
        if apart is None:
            self.remembering = Remembering(context)
        else:
            apart.serve(context.settings)
            self.remembering, decider = RemoteRemembering(context, apart), RemoteDecider(apart)
        self._apart = apart
        self.accounts = Accounts(context, related=self.remembering.hear)
        self.crowds = CrowdRoom(context, self.remembering)
        self.account_histories = AccountHistories(context)
        self.public_policies = PublicPolicies(context, self.policies)
        self.undo = Undo(context, self.policies)
        self._following = Worker("follow", self._follow, every=1.0, gather=_FOLLOW_GATHER)
        self.decisions = PersonDecisions(context, self.policies, decided=self._following.wake)
        self.sanctions = Sanctions(context)
        self.notices = Notices(context, self.policies)
        self.cases = Cases(context, self.policies, self.decisions, self.undo)
        self.campaigns = Campaigns(
            context,
            self.policies,
            self.remembering,
            opening=self.cases.opening,
            decisions=self.decisions,
            sanctions=self.sanctions,
            undo=self.undo,
        )
        self.trajectories = SellerTrajectories(context, self.policies, self.remembering)
        self.review = Review(context, self.policies, self.cases)
        self.likeness = Likeness(context)
        self.measurements = Measurements(context, self.policies)
        self.readers = Readers(context)
        self.happenings = Happenings(context)
        self.enforcement = Enforcement(context, self.policies, self.cases)
        self.appeals = Appeals(context, self.decisions, self.undo)
        self.concerned = Concerned(context, self.policies, self.appeals)
        self.reports = Reports(context, self.cases.opening, PolicyMessageJudge(self.policies))
        self.evidence = EvidenceRoom(context)
        self.picture_viewing = PictureViewing(context, self.evidence)
        self.franking_keys = FrankingKeys(context)
        self.readings = Readings(context)
        self.judgements = Judgements(context)
        rescreen = Rescreening(context)
        self.previews = Previews(context, self.policies, rescreen)
        self.drafts = Drafts(context, self.policies)
        self.differences = Differences(context, self.policies, self.drafts, rescreen)
        self.retroactive = Retroactive(context, self.policies, rescreen)
        self.rule_facts = RuleFacts(context, self.policies, self.evidence)
        self.log = Log(context)
        self.decision_room = DecisionRoom(context, self.policies)
        self.saved_searches = SavedSearches(context)
        self.overview = Overviews(context, self.log, self.policies.alarms, self.ready)
        self.audit_log = AuditLog(context)
        self.audit_checks = AuditChecks(context)
        self.privacy = Privacy(context, forget=self.campaigns.cases.forget)
        self.retention = Retention(context)
        self.health = Health(context, self.state)
        self.keys = Keys(context)
        self.sessions = Sessions(context)
        attempts, passwords = Attempts(context), Passwords()
        self.people = People(context, self.sessions, attempts)
        self.signing_in = SigningIn(context, self.sessions, attempts, passwords)
        self.profiles = Profiles(context, self.sessions, attempts, passwords, self.signing_in)
        self.joining = Joining(context, self.sessions, attempts, passwords, self.signing_in)
        self.single_sign_on = SingleSignOn(context, self.sessions, self.joining)
        self.kept_answers = KeptAnswers(context)
        self.webhooks = Webhooks(context)
        self._bank_index = BankIndex(context)
        facts = PictureFacts(context, self._bank_index.known)
        self.pictures = Pictures(context, facts, metrics=self.metrics)
        self.picture_banks = PictureBanks(context, self._bank_index, self.pictures)
        follows = context.settings.follow_links
        links = LinkFacts(context)
        known = MoreKnown(facts, links if follows else None)
        deciding = DecidingAgain(context, self.policies, rescreen, known)
        self.link_following = LinkFollowing(
            context, links, rescreen, deciding, metrics=self.metrics, decided=self._following.wake
        )
        self.picture_reading = PictureReading(
            context, facts, deciding, metrics=self.metrics, decided=self._following.wake
        )
        notes = [self.picture_reading.note, *([self.link_following.note] if follows else ())]
        self.screening = Screening(
            context,
            self.policies,
            self.stored,
            metrics=self.metrics,
            remembering=self.remembering,
            decided=self._following.wake,
            found_out=FoundOut(known, self.pictures, notes),
            decider=decider,
        )
        self.ads = Ads(context, self.screening, self.policies)
        self.ad_market = AdMarket(context)
        self.merchants = Merchants(context)
        self.merchant_files = MerchantFiles(context)
        self.staff = Staff(context)
        self.customers = Customers(context)
        self.broadcasts = Broadcasts(context, self.screening)
        self.book = Book(context)
        self.live_sales = LiveSales(context)
        self.live_harms = LiveHarms(context, self.policies, self.book, self.sanctions)
        self.live_ledgers = LiveLedgers(context, self.live_harms, self.sanctions)
        self.enrolments = Enrolments(context)
        self.deals = Deals(context, self.book)
        self.interests = Interests(context)
        self.partners = Partners(context, self.interests)
        self.partner_tokens = PartnerTokens(context)
        self.links = Links(context, self.policies)
        self._probe = Probe(context.database)
        self._claim: FolderClaim | None = None
        self._warm = False

    @classmethod
    def open(cls, settings: Settings, apart: ScreeningProcess | None = None) -> Service:
        """Open the store, bring it up to date, and put the parts together; ``apart``: see above.

        Raises:
            ServiceError: ``invalid``, when a setting or a key cannot be used.
            StoreUnavailableError: the database does not answer.
        """
        service = cls(open_context(settings), apart)
        service.policies.seed()
        return service

    @cached_property
    def workers(self) -> list[Worker]:
        """What runs in the background beside screening and webhooks."""
        follows = self.context.settings.follow_links
        return [
            self._following,
            *self._lookers,
            *(() if self._apart is None else [Worker("screener", self._apart.watch, every=1.0)]),
            Worker("alarms", self._watch, every=10.0),
            Worker("retroactive", self.retroactive.advance, every=5.0),
            Worker("sanctions", self._expire, every=1.0),
            Worker("decision-log", self.log.exporter.work, every=1.0),
            Worker("campaigns", self.campaigns.cases.watch, every=10.0),
            Worker("pictures", self.picture_reading.advance, every=1.0),
            *([Worker("links", self.link_following.advance, every=1.0)] if follows else ()),
            Worker("deals", self.deals.advance, every=1.0),
            Worker("retention", self._sweep, every=_HOUR),
        ]

    @cached_property
    def _lookers(self) -> list[Worker]:
        """What runs beside deciding: it keeps up with what others change."""
        return [
            Worker("policies", self._refresh, every=LOOK_EVERY),
            Worker("memory", self.remembering.advance, every=10.0),
            Worker("picture-banks", self._look_at_banks, every=LOOK_AT_BANKS_EVERY),
        ]

    def start_deciding(self) -> None:
        """For a process that decides lots for another one and does nothing else."""
        self.remembering.open()
        self.screening.warm()
        for worker in self._lookers:
            worker.start()
        self.policies.lookup.kept()
        self._bank_index.kept()

    def deciding_trouble(self) -> str | None:
        """What is wrong with memory, or with what runs beside deciding; None when all is well."""
        failing = [worker.name for worker in self._lookers if not worker.healthy]
        known = self.remembering.trouble
        if known is None and failing:
            return f"{', '.join(failing)} fails in the screening process; the log says why"
        return known

    def start(self) -> None:
        """Begin to take items; the engine is warm when this returns.

        Raises:
            ServiceError: ``invalid``, when another process serves the same embedded database.
        """
        if self.context.database.dialect == "sqlite":
            self._claim = FolderClaim(self.context.folder)
        self.remembering.open()
        self.screening.warm()
        steady()
        self.screening.start()
        for worker in self.workers:
            worker.start()
        self.policies.lookup.kept()
        self._bank_index.kept()
        self.keys.start()
        self.sessions.start()
        self.kept_answers.start()
        self.webhooks.start()
        self._warm = True

    def stop(self) -> None:
        """Decide what waits, finish the work at hand, close the store.

        What the database does not take in time is left to the next start.
        """
        self._warm = False
        database = self.context.database
        patience = threading.Timer(self.context.settings.drain_seconds, self.give_up)
        patience.start()
        self.screening.stop()
        self._following.finish()
        for worker in reversed(self.workers):
            worker.stop(self.context.settings.drain_seconds)
        self.webhooks.stop()
        self.kept_answers.stop()
        self.sessions.stop()
        self.keys.stop()
        self.remembering.close()
        self.pictures.close()
        self.picture_reading.close()
        self.picture_viewing.close()
        patience.cancel()
        self._probe.close()
        database.close()
        if self._claim is not None:
            self._claim.release()

    def give_up(self) -> None:
        """Tell whoever still waits for a database that does not answer: the service stops."""
        self.context.database.abandon()
        if self._apart is not None:
            self._apart.abandon()

    def ready(self) -> dict[str, str]:
        """What must be well for the service to be of use; ``ok``, or what is wrong."""
        checks = {"engine": "ok" if self._warm else "starting", "database": self._probe.state()}
        checks["screening"] = self.screening.trouble or "ok"
        checks["webhooks"] = "ok" if self.webhooks.healthy else "not delivering"
        for worker in self.workers:
            checks[worker.name] = "ok" if worker.healthy else "failing; the log says why"
        return checks

    def state(self) -> dict[str, str]:
        """As :meth:`ready`, and what is not well though requests are taken."""
        checks = self.ready()
        checks["memory"] = self.remembering.trouble or checks["memory"]
        return checks

    def measured(self, actor: Actor) -> bytes:
        """Metrics as Prometheus reads them; what the database counts stays as it was last read
        while the database is away.
        """
        actor.need(Scope.metrics)
        self.metrics.queue.set(self.screening.waiting)
        self.metrics.spool.set(self.screening.spooled)
        self.metrics.pictures_waiting.set(self.picture_reading.waiting)
        self.metrics.links_waiting.set(self.link_following.waiting)
        self.metrics.memory_journal.set(self.remembering.trouble is not None)
        for (network, part), count in self.remembering.evicted().items():
            self.metrics.memory_evicted.labels(network, part).set(count)
        with suppress(StoreUnavailableError):
            self._probe.need()
            self.metrics.cases.set(self.cases.open_count())
            for state, count in self.webhooks.backlog().items():
                self.metrics.webhooks.labels(state).set(count)
        for worker in self.workers:
            self.metrics.workers.labels(worker.name).set(worker.healthy)
        return self.metrics.page()

    def _follow(self) -> bool:
        return self.enforcement.follow(_FOLLOWED_AT_ONCE) > 0

    def _refresh(self) -> bool:
        self.policies.refresh()
        return False

    def _look_at_banks(self) -> bool:
        self._bank_index.refresh()
        return False

    def _watch(self) -> bool:
        self.policies.watch()
        return False

    def _expire(self) -> bool:
        with self.context.database.write() as tx:
            self.sanctions.expire(tx)
        return False

    def _sweep(self) -> bool:
        self.retention.sweep()
        return False

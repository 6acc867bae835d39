"""What the service counts, for Prometheus. No label names an account, an item or a person."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_ITEMS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096, 10_000)


class Metrics:
    """The service's counters, in a registry of its own.

    >>> metrics = Metrics()
    >>> metrics.decisions.labels("acquaintance", "moments", "allow", "before").inc(3)
    >>> b'verdict="allow"} 3.0' in metrics.page()
    True
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "portreeve_requests",
            "Requests answered, by route and status.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "portreeve_request_seconds",
            "How long requests took, by route.",
            ["method", "route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.decisions = Counter(
            "portreeve_decisions",
            "Decisions made, by network, surface, verdict and stage.",
            ["network", "surface", "verdict", "stage"],
            registry=self.registry,
        )
        self.batch = Histogram(
            "portreeve_batch_items",
            "How many items were screened together.",
            buckets=_ITEMS,
            registry=self.registry,
        )
        self.missed = Counter(
            "portreeve_deadlines_missed",
            "Items answered by the fail policy of their surface.",
            ["surface"],
            registry=self.registry,
        )
        self.queue = Gauge(
            "portreeve_queue_items",
            "Items that wait to be screened.",
            registry=self.registry,
        )
        self.spool = Gauge(
            "portreeve_spool_items",
            "Accepted items that are not in the database yet.",
            registry=self.registry,
        )
        self.webhooks = Gauge(
            "portreeve_webhook_deliveries",
            "Deliveries that have not arrived, by state.",
            ["state"],
            registry=self.registry,
        )
        self.cases = Gauge(
            "portreeve_open_cases",
            "Cases that nobody has decided.",
            registry=self.registry,
        )
        self.workers = Gauge(
            "portreeve_worker_healthy",
            "1 when a background worker runs and its last work went well.",
            ["worker"],
            registry=self.registry,
        )

        self.pictures = Counter(
            "portreeve_pictures",
            "Pictures that came, by what became of them: read, or why they were set aside.",
            ["outcome"],
            registry=self.registry,
        )
        self.picture_words = Counter(
            "portreeve_picture_words",
            "Pictures whose words were to be read: read, none, shed or failed.",
            ["outcome"],
            registry=self.registry,
        )
        self.pictures_waiting = Gauge(
            "portreeve_pictures_waiting",
            "Pictures that wait to have their words read.",
            registry=self.registry,
        )
        self.links_followed = Counter(
            "portreeve_links_followed",
            "Short links that were to be followed: followed, why they were not, or shed.",
            ["outcome"],
            registry=self.registry,
        )
        self.links_waiting = Gauge(
            "portreeve_links_waiting",
            "Items whose short links are to be followed.",
            registry=self.registry,
        )
        self.memory_evicted = Gauge(
            "portreeve_memory_evicted",
            "What memory had to forget for want of room, by network and part.",
            ["network", "part"],
            registry=self.registry,
        )
        self.memory_journal = Gauge(
            "portreeve_memory_journal_away",
            "1 when the journal of memory does not answer.",
            registry=self.registry,
        )

    def page(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self.registry)

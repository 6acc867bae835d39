"""Traces: one span for each request, with ids, names and numbers, never content.

Off unless the setting ``traces`` or the environment names a collector. Spans go out as OTLP over
HTTP in JSON, in batches, from a thread of their own; a collector that is away costs nothing but
the spans.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from portreeve.http.call import Call

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

_TIMEOUT_SECONDS = 10.0


class RequestSpan(Protocol):
    """The span of a request under way."""

    def done(self, call: Call, status: int) -> None:
        """Note what came out."""


class Tracing(Protocol):
    """Makes spans."""

    def request(self, call: Call) -> Any:
        """A context in which the request is worked on; it gives a :class:`RequestSpan`."""

    def close(self) -> None:
        """Send what is left."""


class NoTraces:
    """Makes none."""

    def request(self, call: Call) -> NoTraces:  # noqa: ARG002
        """Nothing."""
        return self

    def __enter__(self) -> RequestSpan:
        return self

    def __exit__(self, *raised: object) -> None:
        """Nothing."""

    def done(self, call: Call, status: int) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


class Traces:
    """Makes spans and sends them to a collector."""

    def __init__(self, exporter: SpanExporter, version: str) -> None:
        from opentelemetry import trace
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        resource = Resource.create({"service.name": "portreeve", "service.version": version})
        self._provider: TracerProvider = TracerProvider(resource=resource)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("portreeve")
        self._propagator = TraceContextTextMapPropagator()
        self._server = trace.SpanKind.SERVER
        trace.set_tracer_provider(self._provider)

    @contextmanager
    def request(self, call: Call) -> Iterator[RequestSpan]:
        """A span under the caller's, if the caller named one in ``traceparent``."""
        parent = call.headers.get(b"traceparent")
        carrier = {} if parent is None else {"traceparent": parent.decode("latin-1")}
        with self._tracer.start_as_current_span(
            call.method,
            context=self._propagator.extract(carrier),
            kind=self._server,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            yield _Span(span)

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()


class _Span:
    def __init__(self, span: Any) -> None:
        self._span = span

    def done(self, call: Call, status: int) -> None:
        from opentelemetry.trace import Status, StatusCode

        self._span.update_name(f"{call.method} {call.route}")
        facts = {
            "http.request.method": call.method,
            "http.route": call.route,
            "http.response.status_code": status,
            "portreeve.request": call.id,
            "portreeve.key": call.key,
            "portreeve.code": call.code,
        }
        self._span.set_attributes({k: v for k, v in facts.items() if v is not None})
        if status >= 500:
            self._span.set_status(Status(StatusCode.ERROR))


def tracing(endpoint: str | None, version: str) -> Tracing:
    """Traces to the collector that the setting or the environment names; else none."""
    address = endpoint or os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    return NoTraces() if not address else Traces(otlp_exporter(address), version)


def otlp_exporter(endpoint: str) -> SpanExporter:
    """Sends spans to ``endpoint``/v1/traces, as OTLP over HTTP in JSON."""
    import httpx
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

    class OtlpJson(SpanExporter):
        def __init__(self) -> None:
            self._client = httpx.Client(timeout=_TIMEOUT_SECONDS)
            self._url = endpoint.rstrip("/") + "/v1/traces"

        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            try:
                answer = self._client.post(self._url, json=otlp(spans))
            except httpx.HTTPError:
                return SpanExportResult.FAILURE
            return SpanExportResult.SUCCESS if answer.is_success else SpanExportResult.FAILURE

        def shutdown(self) -> None:
            self._client.close()

    return OtlpJson()


def otlp(spans: Sequence[ReadableSpan]) -> dict[str, Any]:
    """Spans of one resource as an OTLP ``ExportTraceServiceRequest`` in JSON."""
    resource = spans[0].resource.attributes if spans else {}
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": _attributes(resource)},
                "scopeSpans": [
                    {"scope": {"name": "portreeve"}, "spans": [_span(span) for span in spans]}
                ],
            }
        ]
    }


def _span(span: ReadableSpan) -> dict[str, Any]:
    context = span.get_span_context()
    assert context is not None
    found: dict[str, Any] = {
        "traceId": f"{context.trace_id:032x}",
        "spanId": f"{context.span_id:016x}",
        "name": span.name,
        "kind": span.kind.value + 1,
        "startTimeUnixNano": str(span.start_time),
        "endTimeUnixNano": str(span.end_time),
        "attributes": _attributes(span.attributes or {}),
        "status": {"code": span.status.status_code.value},
    }
    if span.parent is not None:
        found["parentSpanId"] = f"{span.parent.span_id:016x}"
    return found


def _attributes(attributes: Any) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in attributes.items()]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"stringValue": str(value)}

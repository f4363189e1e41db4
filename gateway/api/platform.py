"""The platform itself: is it up, which version is it, what are its figures."""

from __future__ import annotations

from flask import Response

from gateway import VERSION, answers, metrics
from gateway.access import INTERNAL, PROBE
from gateway.openapi.responses import JSON, enveloped_answer, other_answer, plain
from gateway.parts import parts
from gateway.resource import Resource

probes = Resource("probes", "For load balancers and supervisors.")
platform = Resource("platform", "The platform itself.")

_STATUS = {"type": "object", "required": ["status"], "properties": {"status": {"type": "string"}}}
_SERVES = enveloped_answer("This process serves.", _STATUS, {"status": "ok"})
_REPORT = {
    "status": "ok",
    "broker": {"status": "up"},
    "database": {"status": "up"},
    "services": {"auth": {"status": "up", "milliseconds": 2.1, "database": "up"}},
}
_READINESS = {
    "200": enveloped_answer("Requests can be served.", _STATUS, {"status": "ready"}),
    "503": other_answer("The broker or a service that is needed is away.", JSON, {"type": "object"}),
}


@probes.route("/live")
@PROBE
@probes.doc(**plain("live", "Whether this process serves", PROBE, {"200": _SERVES}))
def live() -> Response:
    return _live()


@probes.route("/health")
@PROBE
@probes.doc(**plain("health", "Whether this process serves", PROBE, {"200": _SERVES}))
def health() -> Response:
    return _live()


@probes.route("/ready")
@PROBE
@probes.doc(**plain("ready", "Whether requests can be served", PROBE, _READINESS))
def ready() -> Response:
    return _ready()


@probes.route("/metrics")
@INTERNAL
@probes.doc(
    **plain(
        "metrics",
        "Figures for Prometheus",
        INTERNAL,
        {"200": other_answer("The figures.", "text/plain", {"type": "string"})},
    )
)
def figures() -> Response:
    return Response(metrics.exposition(parts().settings.metrics_directory), content_type=metrics.CONTENT_TYPE)


@platform.route("/live")
@PROBE
@platform.doc(**plain("liveV1", "Whether this process serves", PROBE, {"200": _SERVES}))
def live_v1() -> Response:
    return _live()


@platform.route("/ready")
@PROBE
@platform.doc(**plain("readyV1", "Whether requests can be served", PROBE, _READINESS))
def ready_v1() -> Response:
    return _ready()


@platform.route("/health")
@PROBE
@platform.doc(
    **plain(
        "healthV1",
        "How the services, the broker and the databases are doing",
        PROBE,
        {"200": enveloped_answer("At most two seconds old.", {"type": "object"}, _REPORT)},
    )
)
def health_v1() -> Response:
    return answers.success({"version": VERSION, **parts().health.read()})


def _live() -> Response:
    return answers.success({"status": "ok"})


def _ready() -> Response:
    here = parts()
    if here.revocations.loaded and here.health.is_ready(here.settings.required_services):
        return answers.success({"status": "ready"})
    response = answers.as_json({"success": False, "data": {**here.health.read(), "status": "not ready"}}, 503)
    response.headers["Retry-After"] = "2"
    return response

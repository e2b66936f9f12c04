"""Around every answer: the Host check against DNS rebinding, security headers, measuring. Plain ASGI, for its speed."""

from __future__ import annotations

import time
from typing import Any

from prometheus_client import Counter, Histogram

from shared.http.problems import FieldError, Problem
from shared.telemetry.metrics import REQUEST_SECONDS, REQUESTS

SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", b"default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self';"
     b" connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-cache"),
)  # fmt: skip


class Guard:
    """The outermost layer. Names a browser could be lured to (another host's name for 127.0.0.1) get 421."""

    def __init__(self, app: Any, service: str, hosts: frozenset[str]) -> None:
        self.app = app
        self.service = service
        self.hosts = hosts
        self._kept: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def guarded(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                named = {name for name, _ in message["headers"]}
                message["headers"] += [header for header in SECURITY_HEADERS if header[0] not in named]
            await send(message)

        try:
            if self._known_host(scope):
                await self.app(scope, receive, guarded)
            else:
                await _misdirected().response()(scope, receive, guarded)
        finally:
            route = getattr(scope.get("route"), "path", "unknown")
            counter, seconds = self._measures(scope["method"], route, status)
            counter.inc()
            seconds.observe(time.perf_counter() - started)

    def _measures(self, method: str, route: str, status: int) -> tuple[Counter, Histogram]:
        kept = self._kept.get((method, route, status))
        if kept is None:
            seconds = REQUEST_SECONDS.labels(self.service, route)
            kept = self._kept[method, route, status] = (
                REQUESTS.labels(self.service, method, route, status),
                seconds,
            )
        return kept

    def _known_host(self, scope: Any) -> bool:
        host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        # The address a connection came in by is no name that somebody else could point here.
        return name.lower() in self.hosts or name == (scope.get("server") or ("",))[0]


def _misdirected() -> Problem:
    error = FieldError("Host", "不是本服务的地址", "启动时显示的地址")
    return Problem(421, "misdirected", "地址不对", "请用启动时显示的地址访问。", errors=[error])

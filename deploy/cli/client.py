"""Talking to the services of the running court."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final, Self

import httpx

from deploy.cli.running import CannotDo, Running

PATIENCE_SECONDS: Final = 60.0
_ONE_ANSWER_WITHIN: Final = 30.0


class Client:
    """Asks with the operator's token. What is put off (503 with Retry-After) is asked again for a minute."""

    def __init__(self, running: Running, transport: httpx.BaseTransport | None = None) -> None:
        self.running = running
        self._http = httpx.Client(
            headers={"Authorization": f"Bearer {running.token}"},
            timeout=_ONE_ANSWER_WITHIN,
            trust_env=False,
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def ask(self, service: str, path: str, *, headers: Mapping[str, str] | None = None, **query: Any) -> httpx.Response:
        """GET; `CannotDo` where there is no good answer."""
        return self._sent(service, "GET", path, headers=headers, params=query)

    def tell(self, service: str, path: str, **sent: Any) -> httpx.Response:
        """POST; `CannotDo` where it was not accepted."""
        return self._sent(service, "POST", path, **sent)

    def try_status(self, service: str) -> dict[str, Any] | None:
        """What the service says of itself, None where it does not answer."""
        try:
            answer = self._http.get(self._address(service) + "/status", timeout=5.0)
            found: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError):
            return None
        if answer.status_code == httpx.codes.OK:
            return found
        wrong = {"status": str(found.get("detail", answer.status_code)).partition("；")[0]}
        return {"service": service, "roles": {}, "readings": [], "wrong": wrong, "concerns": {}}

    def heads(self) -> str:
        """The heads of all logs, as `After` wants them: what is read after it is as fresh as what was written."""
        found = [self.ask(name, "/status").headers.get("position") for name in self.running.services]
        return ", ".join(position for position in found if position)

    def _address(self, service: str) -> str:
        address = self.running.services.get(service)
        if address is None:
            raise CannotDo(f"本次运行没有 {service} 服务。")
        return address.rstrip("/")

    def _sent(self, service: str, method: str, path: str, **sent: Any) -> httpx.Response:
        deadline = time.monotonic() + PATIENCE_SECONDS
        url = self._address(service) + path
        while True:
            try:
                answer = self._http.request(method, url, **sent)
            except httpx.HTTPError as error:
                raise CannotDo(
                    f"{service} 服务没有回答（{type(error).__name__}）：是否在运行？可执行 lianjian doctor。"
                ) from None
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or time.monotonic() > deadline:
                return _good(service, answer)
            time.sleep(min(float(answer.headers.get("retry-after", "1")), 1.0))


def _good(service: str, answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    try:
        problem = answer.json()
        said = f"{problem['title']}：{problem['detail']}"
    except (ValueError, KeyError, TypeError):
        said = f"回答不可识别（{answer.status_code}）"
    unreachable = answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR
    raise CannotDo(f"{service} 服务：{said}", code=2 if unreachable else 1)

"""How a person comes in with a browser: a ticket that works once, then a session behind a cookie."""

from __future__ import annotations

from html import escape
from typing import Annotated, Final

from fastapi import Query

from services.reporting.http.parts import Parts
from shared.http.calls import Call
from shared.http.replies import Reply, json_reply
from shared.http.routing import Router
from shared.identity.access import Requirement
from shared.identity.sessions import SESSION_SECONDS, TICKET_MINUTES, cookie_of, issue_ticket, redeem_ticket

HTML: Final = "text/html; charset=utf-8"
# Styles stand in the page; scripts there are none, and none could run.
POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
router = Router()


@router.post("/open-tickets", requires=Requirement("open_browser", "site"), status=201, summary="签发一次性登录链接")
async def make_ticket(call: Call, parts: Parts) -> Reply:
    """Every call makes another link; none of them outlives ten minutes, and each opens one browser."""
    actor = call.actor_on(parts.site)
    ticket = await issue_ticket(parts.pool, actor)
    url = f"{parts.address}/open?ticket={ticket}"
    return json_reply({"url": url, "valid_minutes": TICKET_MINUTES}, status=201, headers={"Cache-Control": "no-store"})


@router.get("/open", public="the ticket is the proof, and works once", summary="用一次性链接登录")
async def open_browser(parts: Parts, ticket: Annotated[str, Query(min_length=1, max_length=100)]) -> Reply:
    session = await redeem_ticket(parts.pool, ticket)
    if session is None:
        return closed("这个链接已用过或已过期。", 403)
    # Relative, so that the browser stays under the name it came by. Secure where there is TLS: loopback has none.
    secure = "; Secure" if parts.address.startswith("https:") else ""
    cookie = f"{cookie_of(parts.site)}={session}; Path=/; Max-Age={SESSION_SECONDS}; HttpOnly; SameSite=Strict{secure}"
    return Reply(b"", 303, HTML, headers={"Set-Cookie": cookie, "Cache-Control": "no-store", "Location": "/"})


def closed(reason: str, status: int = 401) -> Reply:
    """What somebody sees who cannot be shown what he asks for: without a session, or by a wrong address."""
    next_step = _OPEN if status in (401, 403) else _HOME
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": POLICY}
    return Reply(_PAGE.format(reason=escape(reason), next_step=next_step).encode(), status, HTML, headers=headers)


_OPEN: Final = "请在运行本系统的机器上执行 <code>.venv/bin/lianjian open</code>，再打开它给出的链接。"
_HOME: Final = '<a href="/">回到 我院的一年</a>'
_PAGE: Final = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>联建</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ margin: 0 auto; max-width: 640px; padding: 32px 16px; background: #f7f8fa; color: #1f2328; font-size: 14px;
  line-height: 1.6; font-family: "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }}
h1 {{ margin: 0 0 8px; font-size: 20px; color: #c8102e; }}
code {{ display: inline-block; padding: 0 8px; border: 1px solid #e5e7eb; border-radius: 6px; background: #fff; }}
a {{ color: #1f5fbf; }}
</style></head>
<body><h1>联建</h1><p>{reason}</p>
<p>{next_step}</p>
</body></html>
"""

"""A court whose services are stand-ins: `stand_in.py run VAR [COURT NAME LEVEL LEDGERS]` runs it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Generator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import asyncpg

from deploy.local.court import Court, Demonstration, Wanted
from deploy.local.places import Places
from deploy.local.problems import CannotRun
from deploy.local.run import run
from deploy.local.serving import Setting
from shared.rights import grant_rights, role_of

MODULE = "tests.integration.local.stand_in"
COURT = Court("shi04", "青岚市中级人民法院", "intermediate")
DEMO = Demonstration((COURT,), COURT)
TABLES = """
create table if not exists events (position bigint primary key);
create table if not exists rows_that_change (id bigint primary key, value text);
create or replace function refuse_change() returns trigger language plpgsql as
  $$ begin raise exception 'refused'; end $$;
create or replace trigger events_are_kept before update or delete or truncate on events
  for each statement execute function refuse_change();
"""


async def migrate() -> None:
    connection = await asyncpg.connect(os.environ["LIANJIAN_OWNER_DATABASE_URL"])
    await connection.execute(TABLES)
    await grant_rights(connection, role_of(os.environ["LIANJIAN_DATABASE_URL"]) or "")
    await connection.close()


class Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        who = {"site": "LIANJIAN_SITE", "service": "STAND_IN", "instance": "LIANJIAN_INSTANCE"}
        self.wfile.write(json.dumps({key: os.environ.get(name) for key, name in who.items()}).encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


def service(name: str, role: str) -> None:
    os.environ["STAND_IN"] = name
    if role == "migrate":
        asyncio.run(migrate())
    else:
        HTTPServer(("127.0.0.1", int(os.environ["LIANJIAN_HTTP_PORT"])), Ready).serve_forever()


def pretend(command: Sequence[str], told: Mapping[str, str], _log: Path | None) -> Generator[None, None, int]:
    """Stands for the generator, the import and the link: writes one ledger, notes what was asked, of which court."""
    yield
    if "deploy.demo" in command:
        folder = Path(command[3])
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "党员名册.xlsx").write_bytes(b"a ledger")
    court = Path(told["LIANJIAN_CONFIG"]).parent.name
    print(f"asked of {court}:", *(Path(word).name for word in command), flush=True)
    return 0


def court(var: Path, asked: list[str]) -> int:
    court_id, name, level, ledgers = [*asked, None, None, None, None][:4]
    wanted = Wanted(court_id, name, level, ledgers=ledgers)
    setting = Setting(
        Places(var), DEMO, command=lambda name, role: [sys.executable, "-m", MODULE, "service", name, role], run=pretend
    )
    try:
        return run(wanted, setting)
    except CannotRun as reason:
        print("error:", reason, flush=True)
        return 1


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["service", named, wanted_role]:
            service(named, wanted_role)
        case ["run", var_folder, *rest]:
            sys.exit(court(Path(var_folder), rest))

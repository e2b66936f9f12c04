"""What sealing and verifying cost an event, in runs of 500: CPU alone, nothing read or sent.

Sealing is what a sealer does between reading the log and storing the seal: commitments, leaves, roots, the signed
note. Verifying is what a receiver does between the message and the journal: the batch parsed and checked, its chain
computed anew, the signature verified. The reference has the same bytes parsed by orjson and hashed by SHA-256 three
times an event, and nothing else: what no way of doing it can go below by much.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from statistics import median
from typing import Any, Final

import orjson
from asyncpg.pgproto.pgproto import UUID

from deploy.bench.measure import ALTERNATIONS, Setting, Shown
from deploy.bench.model_s import SITE, court_year
from services.activities.stored_events import CODEC
from shared.eventstore import RawEvent
from shared.receiver.reading import read_run
from shared.sealer import sealed_events
from shared.sealing.chain import event_time, first_h
from shared.sealing.keys import SigningKey
from shared.sealing.note import Seal, sealed
from shared.sealing.origin import Origin
from shared.sealing.wire import KIND, NOTE, RUN_EVENTS, SealedEvent, batch, element, run_roots

RUNS: Final = 20
HOLD_MICROSECONDS: Final = 5.0
ORIGIN: Final = Origin(SITE, "activities")
KEY: Final = SigningKey(b"bench source key of 32 bytes ...")

_FAMILIES: Final = {name: family.name for name, family in CODEC.families.items()}


def rows() -> list[Shown]:
    return [Shown("sealing", _sealing)]


async def _sealing(setting: Setting) -> dict[str, Any]:
    logs = _runs()
    bodies = [batch(element(ORIGIN.text, event) for event in _sealed(log)) for log in logs]
    notes = _seal_all(logs)
    gc.collect()
    gc.freeze()  # a service holds no such logs: they are not to be looked through again and again
    seconds = setting.seconds / 2
    pairs = [
        (
            _microseconds(lambda: _seal_all(logs), seconds),
            _microseconds(lambda: _verify_all(notes, bodies), seconds),
            _microseconds(lambda: _parse_and_hash(bodies), seconds),
        )
        for _ in range(ALTERNATIONS)
    ]
    sealing, verifying, reference = (median(column) for column in zip(*pairs, strict=True))
    return {
        "events_a_run": RUN_EVENTS,
        "bytes_an_event": round(sum(map(len, bodies)) / (RUNS * RUN_EVENTS)),
        "sealing_us": round(sealing, 2),
        "verifying_us": round(verifying, 2),
        "reference_us": round(reference, 2),
        "ratios": [round(sealing / reference, 2), round(verifying / reference, 2)],
        "hold": f"<= {HOLD_MICROSECONDS:g} us an event, each",
        "met": max(sealing, verifying) <= HOLD_MICROSECONDS,
    }


def _runs() -> list[list[RawEvent]]:
    """Rows of the log as asyncpg gives them, in runs."""
    found = [
        RawEvent(position, 1, stream, version, UUID(event_id.bytes), kind, data, meta, salt, at)
        for _, position, _, _, _, salt, stream, version, event_id, kind, at, data, meta in court_year().activities.rows
    ]
    return [found[first : first + RUN_EVENTS] for first in range(0, RUNS * RUN_EVENTS, RUN_EVENTS)]


def _sealed(log: list[RawEvent]) -> list[SealedEvent]:
    return sealed_events(log, _FAMILIES.__getitem__)


def _seal_all(logs: list[list[RawEvent]]) -> list[str]:
    notes, root = [], first_h(ORIGIN.text)
    for log in logs:
        run, before = _sealed(log), root
        root = run_roots(ORIGIN.text, root, run)[-1]
        at = event_time(log[-1].recorded_at + timedelta(milliseconds=1))
        notes.append(sealed(Seal(ORIGIN, run[0].position, run[-1].position, before, root, at), [KEY]).text)
    return notes


def _verify_all(notes: list[str], bodies: list[bytes]) -> None:
    for note, body in zip(notes, bodies, strict=True):
        run = read_run({KIND: "run", NOTE: note}, body)
        if not run.note.is_signed_by([KEY.public]):
            raise AssertionError("a run that was just sealed does not verify")


def _parse_and_hash(bodies: list[bytes]) -> None:
    for body in bodies:
        share = len(body) // RUN_EVENTS
        for number, _ in enumerate(orjson.loads(body)):
            c = sha256(body[number * share : (number + 1) * share]).digest()
            sha256(sha256(c).digest() + c).digest()


def _microseconds(work: Callable[[], Any], seconds: float) -> float:
    """CPU an event, when all runs are worked on again and again for so long."""
    work()
    began, used, done = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() < began + seconds:
        work()
        done += 1
    return (time.process_time() - used) * 1e6 / (done * RUNS * RUN_EVENTS)

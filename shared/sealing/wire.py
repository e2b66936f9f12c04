"""Events as they travel: elements of a CloudEvents 1.0 JSON batch (design §4)."""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import orjson

from shared.sealing.chain import commitment, commitments, committed, roots

BATCH_TYPE: Final = "application/cloudevents-batch+json"
JSON_TYPE: Final = "application/json"
WITHHELD: Final = "lianjian.withheld.v1"

KIND: Final = "lianjian-kind"
NOTE: Final = "lianjian-note"
SIGNATURE: Final = "lianjian-signature"

RUN_EVENTS: Final = 500
RUN_BYTES: Final = 1024 * 1024


class SealedEvent(NamedTuple):
    """An event as it is committed to; `data` and `meta` are canonical JSON, `time` as in `event_time`."""

    position: int
    family: str
    salt: bytes
    stream: str
    version: int
    event_id: str
    type: str
    time: str
    data: bytes
    meta: bytes

    @property
    def commitment(self) -> bytes:
        return commitment(self.salt, committed(*self[3:]))


def run_roots(origin: str, previous: bytes, run: Sequence[SealedEvent]) -> list[bytes]:
    """h for each event of a run that follows on the root `previous`."""
    (first, *_), families, *content = zip(*run, strict=True)
    return roots(origin, previous, first, zip(families, commitments(*content), strict=True))


def element(origin: str, event: SealedEvent, log_position: int | None = None) -> bytes:
    """The full form of one event; `log_position` only for a letter."""
    position, family, salt, stream, version, event_id, kind, time, data, meta = event
    return (
        b'{"specversion":"1.0","id":"%b","source":"%b","type":%b,"time":"%b","subject":%b,"streamversion":%d,'
        b'"position":%d%b,"family":"%b","salt":"%b","datacontenttype":"application/json"%b,"data":{"data":%b,"meta":%b}}'
    ) % (
        event_id.encode(),
        origin.encode(),
        orjson.dumps(kind),
        time.encode(),
        orjson.dumps(stream),
        version,
        position,
        b"" if log_position is None else b',"logposition":%d' % log_position,
        family.encode(),
        b2a_base64(salt, newline=False),
        _traceparent(meta),
        data,
        meta,
    )


def withheld_element(origin: str, position: int, family: str, c: bytes) -> bytes:
    """The form of an event whose content stays where it is."""
    text = (
        f'{{"specversion":"1.0","id":"{origin}@{position}","source":"{origin}","type":"{WITHHELD}",'
        f'"position":{position},"family":"{family}","commitment":"{c.hex()}"}}'
    )
    return text.encode()


def batch(elements: Iterable[bytes]) -> bytes:
    """The body of one message."""
    return b"[%b]" % b",".join(elements)


def _traceparent(meta: bytes) -> bytes:
    # Looked for before it is parsed: most events of an import have none.
    if b'"traceparent"' not in meta:
        return b""
    found = orjson.loads(meta).get("traceparent")
    return b',"traceparent":%b' % orjson.dumps(found) if isinstance(found, str) else b""

"""What the receivers of an own log say they have: verified, kept, handed to the relay."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final, TypeAlias

import asyncpg
import structlog
from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitMessage, RabbitQueue

from shared.broker.epochs import Epoch
from shared.broker.topology import as_queue, control_queue
from shared.sealing.chain import first_h
from shared.sealing.control import BadControl, State, Status, is_signed, parse_state
from shared.sealing.keys import PublicKey
from shared.sealing.origin import Origin
from shared.sealing.succession import SUCCESSION, followed
from shared.sealing.wire import KIND, SIGNATURE
from shared.status import RoleStatus
from shared.wakening import Wakening

Signers: TypeAlias = Callable[[str, str], Awaitable[list[PublicKey]]]
"""The keys that may sign for (site, service)."""

Receive: TypeAlias = Callable[[bytes, str, str], Awaitable[None]]
"""Takes a state's body, its signature line, and how its key follows on a known one (`shared.sealing.succession`)."""

_KEEP: Final = """
insert into peer_states as known (origin, receiver, have, root, status, time, body, signature)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (origin, receiver) do update
   set have = excluded.have, root = excluded.root, status = excluded.status, time = excluded.time,
       body = excluded.body, signature = excluded.signature
 where excluded.time > known.time
returning true
"""
_REMEMBERED: Final = "select receiver, have, status from peer_states where origin = $1"
_SEALED: Final = """
select (select last from seals where epoch = $1 and channel = $2 order by first desc limit 1) as sealed_to,
       (select root
          from (select last, root from seals where epoch = $1 and channel = $2 and first <= $3
                 order by first desc limit 1) as covering
         where last = $3) as root
"""

log = structlog.get_logger()


class PeerStates:
    """The states of one origin's receivers; only a later one by the receiver's own clock counts.

    `epoch` says on what the origin follows, where it is not the first.
    """

    def __init__(
        self, pool: asyncpg.Pool, origin: Origin, signers: Signers, status: RoleStatus, epoch: Epoch | None = None
    ) -> None:
        self._pool = pool
        self.origin = origin
        self._start, self._root = (0, first_h(origin.text)) if epoch is None else (epoch.start, epoch.root)
        self._signers = signers
        self._status = status
        self._fresh: list[State] = []

    async def remembered(self) -> list[tuple[str, int, Status]]:
        """(receiver, have, status) of every receiver, as last heard."""
        rows = await self._pool.fetch(_REMEMBERED, self.origin.text)
        return [(row["receiver"], row["have"], row["status"]) for row in rows]

    def taken(self) -> list[State]:
        """The states since the last call."""
        fresh, self._fresh = self._fresh, []
        return fresh

    async def receive(self, body: bytes, signature: str, succession: str = "") -> None:
        """Take one `state`; one that is not what it should be is counted and dropped."""
        try:
            state = await signed_state(body, signature, self._signers, succession)
        except BadControl as error:
            self._refuse(str(error))
            return
        if state.origin != self.origin:
            self._refuse(f"origin: {self.origin.text} is wanted")
            return
        time = datetime.fromisoformat(state.time)
        kept = await self._pool.fetchval(
            _KEEP,
            state.origin.text,
            state.receiver,
            state.have,
            state.root,
            state.status,
            time,
            body,
            signature,
        )
        if kept and await self._agrees(state):
            self._fresh.append(state)

    async def _agrees(self, state: State) -> bool:
        """Whether the receiver's root is ours: anything else is a history of which one side has been changed."""
        row = await self._pool.fetchrow(_SEALED, self.origin.epoch, self.origin.channel, state.have)
        assert row is not None
        sealed_to = row["sealed_to"] or self._start
        if state.have > sealed_to:
            self._alarm("receiver_is_ahead", state, sealed_to)
            return False
        root = self._root if state.have == self._start else row["root"]
        if root is not None and root != state.root:
            self._alarm("receiver_has_another_history", state, sealed_to)
            return False
        return True

    def _alarm(self, what: str, state: State, sealed_to: int) -> None:
        self._status.count(what)
        log.error(what, origin=state.origin.text, receiver=state.receiver, have=state.have, sealed_to=sealed_to)

    def _refuse(self, problem: str) -> None:
        self._status.count("refused_states")
        log.warning("state_refused", origin=self.origin.text, problem=problem)


class EpochStates:
    """Every epoch of a log: each state goes to the epoch it speaks of, one of an unknown epoch to the latest."""

    def __init__(self) -> None:
        self._epochs: list[PeerStates] = []

    def add(self, states: PeerStates) -> None:
        self._epochs.append(states)

    async def receive(self, body: bytes, signature: str, succession: str = "") -> None:
        """Take one `state`."""
        try:
            origin = parse_state(body).origin
        except BadControl:
            origin = None
        found = next((one for one in self._epochs if one.origin == origin), self._epochs[-1])
        await found.receive(body, signature, succession)


async def signed_state(body: bytes, signature: str, signers: Signers, succession: str = "") -> State:
    """The state in `body`, signed by the receiver it names; raises `BadControl`."""
    state = parse_state(body)
    site, service = state.receiver.split("/")
    keys = followed(state.receiver, await signers(site, service), succession)
    if not any(is_signed(body, signature, key) for key in keys):
        raise BadControl(f"signature: none of the keys of {state.receiver}")
    return state


def subscribe_states(broker: RabbitBroker, service: str, receive: Receive, wakening: Wakening) -> str:
    """Hand what arrives in the service's control queue to `receive`, and wake the relay; the queue's name."""
    queue = control_queue(service)
    subscribe_control(broker, as_queue(queue), receive, wakening, f"states for {service}")
    return queue.name


def subscribe_control(
    broker: RabbitBroker, queue: RabbitQueue, receive: Receive, wakening: Wakening, title: str
) -> None:
    """Hand each `state` in `queue` to `receive`, with its signature, and wake who sends."""

    @broker.subscriber(
        queue,
        ack_policy=AckPolicy.ACK,
        channel=Channel(prefetch_count=10),
        decoder=_undecoded,
        title=title,
        description="How far each receiver has the log: signed, in the header lianjian-signature.",
    )
    async def receive_state(body: bytes, message: RabbitMessage) -> None:
        if message.headers.get(KIND) != "state":
            return
        try:
            signature, succession = (str(message.headers.get(name, "")) for name in (SIGNATURE, SUCCESSION))
            await receive(body, signature, succession)
        except Exception as error:
            # Losing a state costs time only: the next one comes within 15 s.
            log.warning("state_lost", queue=queue.name, error=repr(error))
        wakening.wake()


async def _undecoded(message: RabbitMessage) -> bytes:
    return message.body

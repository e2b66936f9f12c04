"""A chain walked event by event, and the signed notes that close its runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from shared.sealing.chain import first_h, leaf, next_h
from shared.sealing.keys import PublicKey
from shared.sealing.note import BadNote, Note, parse_note
from shared.verification.findings import Verdict


@dataclass(frozen=True)
class StoredNote:
    """A stored note and the columns beside it; `root` None where no column repeats it."""

    first: int
    last: int
    root: bytes | None
    note: str


KeysAt = Callable[[int], Sequence[PublicKey]]
"""The keys that may have sealed what begins at a position."""


@dataclass
class Chain:
    """h as it grows over consecutive positions; every note must agree with it where it ends.

    A later epoch begins after `position`, where the one before it has the root `h`.
    """

    origin: str
    keys: KeysAt
    verdict: Verdict
    check: str
    position: int = 0
    h: bytes = b""
    sealed_to: int = 0
    _roots: dict[int, bytes] = field(default_factory=dict)
    _waiting: list[StoredNote] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.h = self.h or first_h(self.origin)
        self.sealed_to = self.position
        self._roots[self.position] = self.h

    def add(self, family: str, c: bytes) -> bytes:
        """The next position; returns its h."""
        self.position += 1
        self.h = next_h(self.h, leaf(self.origin, self.position, family, c))
        return self.h

    def expect(self, notes: Iterable[StoredNote]) -> None:
        """The notes whose runs begin at the positions to come, in order."""
        self._waiting.extend(notes)

    def close(self) -> None:
        """Check the note that ends at the present position, if one does."""
        if self._waiting and self._waiting[0].last == self.position:
            self._agree(self._waiting.pop(0))

    def finish(self) -> None:
        """At the end of the log no note may be left over."""
        if self._waiting:
            left = self._waiting[0]
            self._differs(left.first, f"封印 {left.first}–{left.last} 超出日志末尾或与前一封印不相接")

    def _agree(self, stored: StoredNote) -> None:
        previous, self.sealed_to = self.sealed_to, self.position
        before = self._roots.pop(previous)
        self._roots[self.position] = self.h
        if stored.first != previous + 1:
            self._differs(stored.first, f"封印从 {stored.first} 起，应从 {previous + 1} 起")
            return
        try:
            note = parse_note(stored.note)
        except BadNote as error:
            self._differs(stored.first, f"封印文书不合格式：{error}")
            return
        self._note_agrees(stored, note, before)

    def _note_agrees(self, stored: StoredNote, note: Note, before: bytes) -> None:
        seal = note.seal
        if (seal.origin.text, seal.first, seal.last) != (self.origin, stored.first, stored.last):
            self._differs(stored.first, "封印文书写的来源或位置与登记不同")
        elif stored.root is not None and stored.root != seal.root:
            self._differs(stored.first, "登记的根与封印文书不同")
        elif seal.previous_root != before or seal.root != self.h:
            self._differs(stored.first, f"位置 {stored.first}–{stored.last} 的内容算不出封印的根")
        elif not note.is_signed_by(self.keys(seal.first)):
            self._differs(stored.first, "封印没有本服务密钥的有效签名")

    def _differs(self, at: int, problem: str) -> None:
        self.verdict.differs(self.check, self.origin, at, problem)

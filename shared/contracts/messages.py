"""What travels between services and sites, for the generated documents; the hot path reads it by hand."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, RootModel


class EventContent(BaseModel):
    """An event's two stored objects."""

    data: dict[str, Any]
    meta: dict[str, Any]


class LogEvent(BaseModel):
    """The full form of an event of a log (CloudEvents 1.0); `salt` is base64 of 16 bytes."""

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    time: str
    subject: str
    streamversion: int
    position: int
    logposition: int | None = None
    family: str
    salt: str
    datacontenttype: Literal["application/json"]
    traceparent: str | None = None
    data: EventContent


class WithheldEvent(BaseModel):
    """An event whose content stays at its site; `commitment` is 64 hex digits."""

    specversion: Literal["1.0"]
    id: str
    source: str
    type: Literal["lianjian.withheld.v1"]
    position: int
    family: str
    commitment: str


class Run(RootModel[list[LogEvent | WithheldEvent]]):
    """A sealed run: consecutive events; the signed note stands in the header `lianjian-note`."""


class HeadBody(BaseModel):
    """`lianjian-kind: head`; signed in the header `lianjian-signature`."""

    format: Literal["lianjian/head/v1"]
    origin: str
    sealed_to: int
    root: str
    time: str


class StateBody(BaseModel):
    """`lianjian-kind: state`; signed in the header `lianjian-signature`."""

    format: Literal["lianjian/state/v1"]
    origin: str
    receiver: str
    have: int
    root: str
    status: Literal["ok", "suspended", "rebuilding"]
    time: str

"""How a model says that a field is personal, and what stands in its place once its key is gone (design §3)."""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

T = TypeVar("T")


class Forgotten:
    """The value of a personal field whose key was deleted. There is one, `FORGOTTEN`; nobody can send one in."""

    def __repr__(self) -> str:
        return "FORGOTTEN"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.is_instance_schema(
            cls, serialization=core_schema.plain_serializer_function_ser_schema(lambda _: dict(SHOWN))
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {
            "type": "object",
            "title": "Forgotten",
            "properties": {"forgotten": {"const": True}},
            "required": ["forgotten"],
        }


FORGOTTEN: Final = Forgotten()
DELETED: Final = "（已删除）"
"""What people read in place of a forgotten name."""
SHOWN: Final = {"forgotten": True}
"""How a forgotten value is written: in answers, and in events that state again what stands beside it."""


class PersonMark:
    """The field belongs to the person whom its sibling `person_id` names, or to the record if that names nobody."""


class RecordMark:
    """The field is text of the record, about whomever it may be."""


Personal = Annotated[T | Forgotten, PersonMark()]
"""`name: Personal[ShortText]`; None is written `Personal[ShortText | None]` and stays readable as null."""

RecordText = Annotated[T | Forgotten, RecordMark()]
"""`agenda: RecordText[LongText | None]`."""

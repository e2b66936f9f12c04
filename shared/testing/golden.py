"""Golden files: every version of every stored event, once written and never edited."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from shared.codec import Codec
from shared.contracts.values import Value
from shared.personal.fields import keys_to_seal, seal
from shared.personal.sealed import is_sealed, seal_value

FOLDER: Final = Path(__file__).parents[2] / "tests" / "golden" / "events"


@dataclass(frozen=True)
class Golden:
    """`data` as it is stored, `clear` the same with its personal fields opened, `keys` those that open them."""

    type: str
    stream: str
    event_id: UUID
    clear: dict[str, Any]
    data: dict[str, Any]
    keys: dict[str, bytes]


def read_golden(name: str, folder: Path = FOLDER) -> Golden:
    """The golden file of a stored name."""
    file = json.loads((folder / f"{name}.json").read_text("utf-8"))
    keys = {key_id: bytes.fromhex(key) for key_id, key in file["keys"].items()}
    return Golden(file["type"], file["stream"], UUID(file["event_id"]), file["clear"], file["data"], keys)


def write_missing(codec: Codec, examples: Mapping[str, tuple[str, Value]]) -> list[str]:
    """Write the files of new stored names; existing files stay as they are. Returns the names written."""
    missing = [name for name in examples if not (FOLDER / f"{name}.json").exists()]
    for name in missing:
        stream, event = examples[name]
        _, clear = codec.encode(event)
        (FOLDER / f"{name}.json").write_text(_text(name, stream, type(event), clear), "utf-8")
    return missing


def sealed_again(stored: Any, clear: Any, event_id: UUID, keys: Mapping[str, bytes], pointer: str = "") -> Any:
    """`clear` sealed with the keys and the initialisation vectors of `stored`."""
    if is_sealed(stored):
        key_id = stored["key"]
        return seal_value(clear, key_id, keys[key_id], event_id, pointer, b64decode(stored["iv"]))
    if isinstance(stored, dict):
        return {
            name: sealed_again(stored.get(name), part, event_id, keys, f"{pointer}/{name}")
            for name, part in clear.items()
        }
    if isinstance(stored, list):
        return [
            sealed_again(stored[index], part, event_id, keys, f"{pointer}/{index}") for index, part in enumerate(clear)
        ]
    return clear


def _text(name: str, stream: str, model: type[Value], clear: dict[str, Any]) -> str:
    event_id = uuid5(NAMESPACE_URL, f"urn:lianjian:golden:{name}")
    record_id = stream.partition("-")[2]
    data = json.loads(json.dumps(clear))
    keys = {key_id: sha256(key_id.encode()).digest() for key_id in keys_to_seal(model, data, record_id)}
    seal(model, data, record_id, event_id, keys)
    file = {
        "type": name,
        "stream": stream,
        "event_id": str(event_id),
        "clear": clear,
        "data": data,
        "keys": {key_id: key.hex() for key_id, key in sorted(keys.items())},
    }
    return json.dumps(file, ensure_ascii=False, indent=1) + "\n"

"""Whether two files belong together, and to the court they are to become; looked at before anything is touched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

from deploy.backup.archive import Archive
from deploy.backup.contents import RUN_KEYS, SERVICES, migrations
from deploy.backup.key_ids import hash_key_id, keks
from deploy.backup.manifest import Head, Service, Table
from deploy.backup.taking import TIME, made_at
from deploy.cli.running import CannotDo
from shared.migrations import checksum_of
from shared.personal.key_files import HASH_FILE

DATA: Final = "DATA"
KEYS: Final = "KEYS"

_WRAPPED: Final = {"import_runs": RUN_KEYS, "personal_keys": ("key_id", "wrapped", "kek_id")}


def check_fit(data: Archive, keys: Archive, site: str | None) -> None:
    """Refuse, with the field and the reason, what cannot become one court; raises `CannotDo`."""
    _same_court(data, keys, site)
    data.check()
    keys.check()
    for service in SERVICES:
        _same_life(data, keys, service)
        _known_schema(data, service)
        _opens(keys, service)
    if keys.manifest.time < data.manifest.time:
        raise CannotDo(
            f"{KEYS}：密钥包 {keys.path.name} 比数据文件 {data.path.name} 早，之后才有的密钥不在其中；"
            "应为与数据同一次或更晚的备份的密钥包（用最新的一份）。",
            1,
        )
    _newest(keys)


def _newest(keys: Archive) -> None:
    """An older bundle gives back whoever was forgotten since."""
    site, time = keys.manifest.court.site, keys.manifest.time
    beside = {path: made_at(path) for path in keys.path.parent.glob(f"{site}-*-keys.*")}
    newer = sorted(path.name for path, made in beside.items() if made is not None and f"{made:{TIME}}" > time)
    if newer:
        raise CannotDo(
            f"{KEYS}：{keys.path.name} 不是最新的密钥包，此后删除个人信息的人会被还原；"
            f"应为 {newer[-1]}（它若已损坏，先移到别处）。",
            1,
        )


def _same_court(data: Archive, keys: Archive, site: str | None) -> None:
    of_data, of_keys = data.manifest.court, keys.manifest.court
    if site is not None and of_data.site != site:
        raise CannotDo(f"{DATA}：{data.path.name} 是法院 {of_data.site} 的；应为 {site} 的备份。", 1)
    if of_keys.site != of_data.site:
        raise CannotDo(f"{KEYS}：{keys.path.name} 是法院 {of_keys.site} 的；应为 {of_data.site} 的密钥包。", 1)


def _same_life(data: Archive, keys: Archive, service: str) -> None:
    wanted, found = data.manifest.services.get(service), keys.manifest.services.get(service)
    if wanted is None or found is None:
        which, archive = (DATA, data) if wanted is None else (KEYS, keys)
        raise CannotDo(f"{which}：{archive.path.name} 里没有服务 {service}；应含 {'、'.join(SERVICES)}。", 1)
    for what, one, other in (
        ("散列密钥", wanted.hash_key_id, found.hash_key_id),
        ("签名密钥", wanted.signing_key_id, found.signing_key_id),
    ):
        if one != other:
            raise CannotDo(
                f"{KEYS}：{service} 的{what}是 {other}，数据文件用的是 {one}；应为同一个法院同一套密钥的密钥包。", 1
            )


def _known_schema(data: Archive, service: str) -> None:
    """The tables can be made as they were: every migration is one of this program's, unchanged."""
    known = {
        f"{scope}/{path.name}": checksum_of(path.read_text("utf-8"))
        for directory, scope in migrations(service)
        for path in directory.glob("*.sql")
    }
    for one in data.manifest.services[service].migrations:
        if known.get(one.name) != one.checksum:
            raise CannotDo(
                f"{DATA}：{data.path.name} 由另一版本的程序写出（{service} 的 {one.name}）；应使用同样新或更新的程序。",
                1,
            )


def _opens(keys: Archive, service: str) -> None:
    """Every wrapped key opens with the key-encryption key beside it."""
    held = keys.manifest.services[service]
    files = {name: keys.content(f"{service}/keys/{name}") for name in held.key_files}
    if HASH_FILE not in files or hash_key_id(_raw(files[HASH_FILE])) != held.hash_key_id:
        raise CannotDo(f"{KEYS}：{service} 的 {HASH_FILE} 不是清单所写的；应为完整的密钥包。", 1)
    by_id = keks(files)
    for table in held.tables:
        for key_id, wrapped, kek_id in _wrapped(keys, table):
            if kek_id not in by_id:
                raise CannotDo(
                    f"{KEYS}：{service} 的密钥 {key_id} 由 {kek_id} 包裹，包内是 {'、'.join(by_id)}；"
                    "应为同一次备份写出的密钥包。",
                    1,
                )
            try:
                aes_key_unwrap(by_id[kek_id], wrapped)
            except (InvalidUnwrap, ValueError):
                raise CannotDo(f"{KEYS}：{service} 的密钥 {key_id} 打不开；应为完整的密钥包。", 1) from None


def _wrapped(keys: Archive, table: Table) -> Iterator[tuple[str, bytes, str]]:
    name = _WRAPPED.get(table.name)
    if name is None:
        return
    at = [table.columns.index(column) for column in name]
    for line in lines(keys.blocks(table.file)):
        fields = line.split("\t")
        key_id, wrapped, kek_id = (fields[index] for index in at)
        if wrapped != r"\N":
            # COPY doubles the backslash of `\x…`.
            yield key_id, bytes.fromhex(wrapped.removeprefix("\\\\x")), kek_id


def lines(blocks: Iterable[bytes]) -> Iterator[str]:
    """The rows of COPY's text form."""
    rest = b""
    for block in blocks:
        *whole, rest = (rest + block).split(b"\n")
        yield from (line.decode() for line in whole)


def _raw(text: bytes) -> bytes:
    try:
        return bytes.fromhex(text.decode("ascii"))
    except ValueError:
        return b""


def missing_positions(data: Archive, keys: Archive, services: Sequence[str]) -> list[tuple[str, int, int]]:
    """(origin, head in the data, higher head that the bundle names): what was recorded between the two backups."""
    # Positions go on from epoch to epoch of a log.
    later = {_log(head): head.position for head in _log_heads(keys.manifest.services)}
    restored = {name: held for name, held in data.manifest.services.items() if name in services}
    return [
        (head.origin, head.position, later[_log(head)])
        for head in _log_heads(restored)
        if later.get(_log(head), 0) > head.position
    ]


def _log_heads(services: dict[str, Service]) -> Iterator[Head]:
    for service, held in services.items():
        if service != "reporting":
            yield from held.heads


def _log(head: Head) -> str:
    return head.origin.rpartition("/")[0]

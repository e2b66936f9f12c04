"""The key of `reporting`, which has no log of its own: recorded in that of `members`."""

from __future__ import annotations

from typing import Final

from services.members.domain.site import SITE, ChangeSigningKey
from services.members.http.parts import Parts
from shared.command_path import execute
from shared.contracts.ids import natural_id
from shared.contracts.links import KeyId, KeyText
from shared.contracts.members import SigningKey
from shared.contracts.values import Value
from shared.http.calls import Call
from shared.http.commands import accepted, context
from shared.http.problems import FieldError, invalid
from shared.http.replies import Reply
from shared.http.routing import Router
from shared.identity.access import Requirement
from shared.sealing.keys import public_key

MANAGE: Final = Requirement("manage_links", "site")

router = Router()


class NextKey(Value):
    """As `POST /keys/next` of reporting answered: base64 of 32 raw bytes."""

    former_key_id: KeyId
    key_id: KeyId
    public_key: KeyText


@router.post("/keys/reporting", requires=MANAGE, summary="登记 reporting 的新签名密钥")
async def change_key_of_reporting(call: Call, parts: Parts, body: NextKey) -> Reply:
    actor = call.actor_on(parts.site)
    if public_key(body.public_key).key_id != body.key_id:
        raise invalid([FieldError("key_id", "不是这个公钥的编号", public_key(body.public_key).key_id)])
    key = SigningKey(service="reporting", key_id=body.key_id, public_key=body.public_key)
    command = ChangeSigningKey(former_key_id=body.former_key_id, key=key)
    outcome = await execute(parts.deps, context(call, actor), SITE, natural_id(parts.site, "site"), command)
    return await accepted(parts.deps, "members", outcome, {"service": "reporting", "key_id": body.key_id})

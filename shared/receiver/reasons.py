"""Why a message was refused, in words for people: said of what came (收到的内容…), by each command and page alike."""

from __future__ import annotations

from typing import Final

REASONS: Final[dict[str, str]] = {
    "signature": "签名不符",
    "key": "不是已知密钥签的",
    "keys": "没有写明密钥，或与已知的密钥不同",
    "chain": "散列链对不上",
    "fork": "与已收到的历史不同",
    "schema": "格式不符",
    "note": "封存说明不合格式",
    "length": "数目与封存说明不符",
    "origin": "来源不符",
    "kind": "种类不符",
    "size": "过大",
    "subtree": "不是该院下级的记录",
    "addressee": "收件法院不符",
    "withheld": "保留了必须上送的部分",
    "private": "含有不应离开该院的部分",
    "family": "归错了类别",
    "epoch": "属于未经认可的一期日志",
    "rollback": "比已收到的短",
    "statement": "缺少双方签名的联通说明",
    "opening": "与当初封存的不符",
    "person": "由人暂停",
}
"""By the reason of `Refused` or of a link's suspension."""

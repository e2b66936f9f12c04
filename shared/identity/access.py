"""Who may do what: role × action × relation, as data. It drives the code, the tests and the page `/access`.

A relation says on which organisations a role may do an action: `site`, everything of the court; `unit`, one's
own branch or group and what lies below it; `self`, what is about oneself. The wider holds the narrower.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from shared.meta import Actor, Role

Action = Literal[
    "plan_activity",
    "record_activity",
    "correct_activity",
    "cancel_activity",
    "explain_obligation",
    "manage_joint",
    "import_ledger",
    "export_ledger",
    "manage_brands",
    "manage_campaigns",
    "manage_honours",
    "manage_branches",
    "manage_members",
    "manage_links",
    "submit_period",
    "lock_period",
    "confirm_duplicates",
    "read_names",
    "read_identifiers",
    "request_forgetting",
    "confirm_forgetting",
    "read_activities",
    "read_branches",
    "read_figures",
    "read_status",
    "read_access",
    "open_browser",
]
Relation = Literal["site", "unit", "self"]

ACTIONS: Final[Mapping[Action, str]] = {
    "plan_activity": "计划活动",
    "record_activity": "记录活动",
    "correct_activity": "更正活动记录",
    "cancel_activity": "撤销活动记录",
    "explain_obligation": "说明应办事项",
    "manage_joint": "管理联建协议、共建单位和问题",
    "import_ledger": "导入台账",
    "export_ledger": "导出台账",
    "manage_brands": "管理品牌和党建+项目",
    "manage_campaigns": "登记专项活动",
    "manage_honours": "登记荣誉",
    "manage_branches": "设立和调整党支部、党小组",
    "manage_members": "登记党员和支部职务",
    "manage_links": "与上下级法院建立、暂停、撤销联通",
    "submit_period": "报送和重开本院报送期",
    "lock_period": "定稿和解除定稿",
    "confirm_duplicates": "确认重复登记的联建活动、认领共建单位",
    "read_names": "查看姓名",
    "read_identifiers": "查看证件号码、电话、党费基数原文（留痕）",
    "request_forgetting": "申请删除个人信息",
    "confirm_forgetting": "确认删除个人信息",
    "read_activities": "查看活动记录",
    "read_branches": "查看支部和党小组",
    "read_figures": "查看统计和应办事项",
    "read_status": "查看运行状态",
    "read_access": "查看权限表",
    "open_browser": "为浏览器签发登录链接",
}
ROLES: Final[Mapping[Role, str]] = {
    "operator": "系统管理员",
    "party_office": "党办",
    "branch_secretary": "党支部书记",
    "upper_court_officer": "上级法院党建人员",
    "member": "党员",
    "service": "服务",
    "system": "系统",
}
RELATIONS: Final[Mapping[Relation, str]] = {"site": "全院", "unit": "本单位", "self": "本人"}

_WIDTH: Final[Mapping[Relation, int]] = {"self": 0, "unit": 1, "site": 2}


@dataclass(frozen=True)
class Grant:
    """One row of the table."""

    role: Role
    action: Action
    relation: Relation


def _grants(role: Role, relation: Relation, *actions: Action) -> frozenset[Grant]:
    return frozenset(Grant(role, action, relation) for action in actions)


# To forget somebody takes two: the office asks, an administrator confirms.
_NOT_OPERATOR: Final = frozenset({"request_forgetting"})
_NOT_PARTY_OFFICE: Final = frozenset({"open_browser", "confirm_forgetting", "manage_links"})

TABLE: Final[frozenset[Grant]] = (
    _grants("operator", "site", *(action for action in get_args(Action) if action not in _NOT_OPERATOR))
    | _grants("party_office", "site", *(action for action in get_args(Action) if action not in _NOT_PARTY_OFFICE))
    | _grants(
        "branch_secretary",
        "unit",
        "plan_activity",
        "record_activity",
        "correct_activity",
        "cancel_activity",
        "explain_obligation",
        "manage_joint",
        "manage_brands",
        "read_names",
        "read_activities",
    )
    | _grants("branch_secretary", "site", "read_branches", "read_figures", "read_access")
    | _grants("upper_court_officer", "site", "read_branches", "read_figures", "read_access")
    | _grants("member", "site", "read_branches", "read_access")
    | _grants("member", "self", "read_names")
    | _grants("service", "site", "read_branches", "read_status")
)


@dataclass(frozen=True)
class Requirement:
    """What a route demands: an action, and the narrowest relation under which anybody may be let in at all."""

    action: Action
    relation: Relation

    def __post_init__(self) -> None:
        if self.action not in ACTIONS or self.relation not in RELATIONS:
            raise TypeError(f"no such requirement in the access table: {self.action} on {self.relation}")


def granted(role: Role, requirement: Requirement) -> Relation | None:
    """The widest relation under which the role may do it, None where it may not at this route."""
    held = [g.relation for g in TABLE if g.role == role and g.action == requirement.action]
    enough = [relation for relation in held if _WIDTH[relation] >= _WIDTH[requirement.relation]]
    return max(enough, key=_WIDTH.__getitem__, default=None)


def covers(actor: Actor, relation: Relation, target: str) -> bool:
    """Whether an actor who holds `relation` may act on the organisation path or subject `target`."""
    if relation == "self":
        return target == actor.subject
    own = actor.organisation.split(".")[0] if relation == "site" else actor.organisation
    return target == own or target.startswith(own + ".")


def as_json() -> dict[str, Any]:
    """The table as `/access` shows it, every role with every action."""
    rows = [
        {
            "role": role,
            "role_label": label,
            "actions": [
                {"action": action, "action_label": words, "relation": relation, "relation_label": _words(relation)}
                for action, words in ACTIONS.items()
                for relation in [granted(role, Requirement(action, "self"))]
            ],
        }
        for role, label in ROLES.items()
    ]
    return {"roles": rows}


def _words(relation: Relation | None) -> str:
    return "无" if relation is None else RELATIONS[relation]

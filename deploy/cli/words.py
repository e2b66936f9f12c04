"""The command line's own words in Chinese: help, usage, and what was typed wrongly."""

from __future__ import annotations

import re
from typing import Any, Final

import typer
from typer import rich_utils
from typer.core import TyperCommand, TyperGroup

_USAGE: Final = (
    ("Usage: ", "用法："),
    ("[OPTIONS]", "[选项]"),
    ("COMMAND [ARGS]...", "命令 [参数]…"),
)
_MISTAKES: Final = (
    (re.compile(r"Missing argument '(.+?)'\.?"), r"缺少参数 \1。"),
    (re.compile(r"Missing option '(.+?)'\.?"), r"缺少选项 \1。"),
    (re.compile(r"Missing command\.?"), "缺少命令。"),
    (re.compile(r"No such option: (\S+)(?: \(?Did you mean (.+?)\?\)?)?.*"), r"没有选项 \1。"),
    (re.compile(r"No such command '(.+?)'.*"), r"没有命令 \1。"),
    (re.compile(r"Got unexpected extra argument\S* \((.+?)\)"), r"多余的参数：\1。"),
    (re.compile(r"Option '(.+?)' requires an argument\.?"), r"选项 \1 要带一个值。"),
    (re.compile(r"Invalid value for '?(.+?)'?: (.*)"), r"\1：\2"),
)


_POSTGRES: Final = frozenset(
    {"AdminShutdownError", "CannotConnectNowError", "ConnectionDoesNotExistError", "CrashShutdownError"}
    | {"InterfaceError", "TooManyConnectionsError", "StoreUnavailable", "ConnectionRefusedError"}
)
_NETWORK: Final = frozenset({"ConnectionError", "ConnectionResetError", "OSError", "TimeoutError"})
_WITH_BROKER: Final = frozenset({"relay", "consume", "lookups", "journal", "joins", "inbound", "links"})
_WITH_UPPER: Final = frozenset({"uplink"})
_STATES: Final = {
    "silent": "一分钟没有动静",
    "no consumer": "队列没有消费者",
    "stuck": "有待处理的事件，一分钟没有进展",
    "not started": "没有启动",
    "broker away": "连不上 RabbitMQ",
}


def away_engine(where: str, what: str) -> str | None:
    """The engine that a role's trouble says is away; None where it says something else."""
    role, kind = _named(where, what)
    if role in _WITH_UPPER and kind not in _POSTGRES:
        return None
    # The broker's library wraps a refused connection in an error of its own; a bare one is the database's.
    if kind.startswith("AMQP") or (kind in _NETWORK and role in _WITH_BROKER):
        return "RabbitMQ"
    return "PostgreSQL" if kind in _POSTGRES or kind in _NETWORK else None


def trouble(where: str, what: str) -> str:
    """One thing a service says is wrong, in words an operator can act on."""
    role, kind = _named(where, what)
    if engine := away_engine(where, what):
        return f"连不上 {engine}（{kind}）" if role == "postgresql" else f"{role} 连不上 {engine}（{kind}）"
    if role in _WITH_UPPER and kind == "NotTaken":
        return "上级法院暂不收（收件队列已满）：记录都在，稍后再送"
    if role in _WITH_UPPER and (kind.startswith("AMQP") or kind in _NETWORK or kind == "Unconfirmed"):
        return f"连不上上级法院（{kind}）：记录都在，连上后接着送"
    return kind if role == "status" else f"{role}：{_STATES.get(kind, kind)}"


def _named(where: str, what: str) -> tuple[str, str]:
    return where.removeprefix("role "), what.strip("<>: ").partition(":")[0]


def _usage(text: str) -> str:
    for english, chinese in _USAGE:
        text = text.replace(english, chinese)
    return re.sub(r"\{(.+?)…\}\.\.\.|\{(.+?)\}", r"\1\2…", text).replace("…]...", "…]")


def identifiers_typed(text: str) -> str:
    """The list typed after `--with`; raises what the parser shows."""
    if text and not set(text.split(",")) <= {"id", "phone", "dues"}:
        raise typer.BadParameter(f"{text} 不对，应为 id、phone、dues 中的一项或几项，以逗号隔开，如 id,phone。")
    return text


def year_typed(text: str) -> int:
    """The year typed after `--year`; raises what the parser shows."""
    if not (text.isdecimal() and 1950 <= int(text) <= 2200):
        raise typer.BadParameter(f"{text} 不是年度，应为 1950 到 2200 之间的四位数字，如 2024。")
    return int(text)


def _untyped(param: Any) -> None:
    """Its help shows what the value is called, where it is called something, and not the type of it."""
    vars(param)["display_type_rich"] = lambda **_: param.metavar if "--year" in param.opts else None


class _Chinese:
    """Help that is Chinese throughout, without the types of the language it is written in."""

    def get_params(self, ctx: Any) -> Any:
        params = super().get_params(ctx)  # type: ignore[misc] # of the command this is mixed into
        for param in params:
            _untyped(param)
        return params

    def get_usage(self, ctx: Any) -> str:
        return _usage(super().get_usage(ctx))  # type: ignore[misc] # likewise

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)  # type: ignore[misc] # likewise
        if option is not None:
            option.help = "显示本说明"
        return option


class Command(_Chinese, TyperCommand):
    """A command of `lianjian`."""


class Group(_Chinese, TyperGroup):
    """All commands of `lianjian`."""


def speak_chinese() -> None:
    """Sets the titles of the help's panels."""
    rich_utils.OPTIONS_PANEL_TITLE = "选项"
    rich_utils.ARGUMENTS_PANEL_TITLE = "参数"
    rich_utils.COMMANDS_PANEL_TITLE = "命令"
    rich_utils.ERRORS_PANEL_TITLE = "有误"
    rich_utils.REQUIRED_LONG_STRING = "[必填]"
    rich_utils.DEFAULT_STRING = "[默认：{}]"
    rich_utils.RANGE_STRING = "[{}]"


def mistake(message: str) -> str:
    """What was typed wrongly, in Chinese; an unknown sentence stays as it is."""
    for pattern, chinese in _MISTAKES:
        if pattern.fullmatch(message.strip()):
            return pattern.sub(chinese, message.strip())
    return message

"""The command line's own words in Chinese: help, usage, and what was typed wrongly."""

from __future__ import annotations

import re
from typing import Any, Final

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
    (re.compile(r"Got unexpected extra arguments? \((.+?)\)"), r"多余的参数：\1。"),
    (re.compile(r"Option '(.+?)' requires an argument\.?"), r"选项 \1 要带一个值。"),
    (re.compile(r"Invalid value for (.+?): .*"), r"\1 的值不对。"),
)


def _usage(text: str) -> str:
    for english, chinese in _USAGE:
        text = text.replace(english, chinese)
    return re.sub(r"\{(.+?)…\}\.\.\.|\{(.+?)\}", r"\1\2…", text)


class Command(TyperCommand):
    """A command whose help is Chinese throughout."""

    def get_usage(self, ctx: Any) -> str:
        return _usage(super().get_usage(ctx))

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "显示本说明"
        return option


class Group(TyperGroup):
    """The same for the group of all commands."""

    def get_usage(self, ctx: Any) -> str:
        return _usage(super().get_usage(ctx))

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "显示本说明"
        return option


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

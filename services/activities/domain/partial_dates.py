"""Order of dates of which some say only year or month: compared as far as both say anything."""

from __future__ import annotations

from shared.rejection import Rejected


def surely_before(date: str, other: str) -> bool:
    """Whether `date` certainly lies before `other`: `2024-02` is neither before nor after `2024-02-20`."""
    precision = min(len(date), len(other))
    return date[:precision] < other[:precision]


def refuse_future(date: str | None, today: str, field: str, what: str) -> None:
    """What has happened lies not after `today`; a year or month that has begun is no future."""
    if date is not None and date > today:
        raise Rejected(
            "date_in_the_future",
            field,
            f"{what}日期 {date} 还没有到（今天是 {today}）",
            f"填写不晚于 {today} 的日期",
            value=date,
        )


def refuse_before(date: str | None, earliest: str | None, field: str, what: str, since: str) -> None:
    """`what` happened not before `since`; where either day is unknown nothing is refused."""
    if date is not None and earliest is not None and surely_before(date, earliest):
        raise Rejected(
            "before_beginning",
            field,
            f"{what}日期 {date} 早于{since}日期 {earliest}",
            f"填写不早于 {earliest} 的日期",
            value=date,
        )

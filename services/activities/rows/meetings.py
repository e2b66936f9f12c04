"""An activity as a row of 三会一课记录 or 主题党日台账."""

from __future__ import annotations

from services.activities.domain.activity import ActivityState
from services.activities.rows.wording import Names, absences, listed, modes, told, votes
from shared.contracts.activities import ActivityFacts
from shared.contracts.kinds import LABELS
from shared.ledgers.writing import Out, written_day


def meeting_cells(activity_id: str, state: ActivityState, facts: ActivityFacts, names: Names) -> dict[str, Out]:
    """The cells by field of the layout `meeting_records`."""
    attendance, minutes = state.attendance, state.minutes
    title = told(minutes.title) or facts.title
    grouped = facts.unit_kind == "party_group" and not _begins_with_its_group(title, facts, names)
    return {
        **_of_any(activity_id, state, facts, names),
        "group": names.unit(facts.unit_id) if grouped else None,
        "kind": LABELS[facts.kind],
        "title": title,
        "start": facts.start,
        "end": facts.end,
        "recorder": names.person(attendance.recorder_id),
        "non_voting": told(attendance.non_voting_attendees),
        "agenda": told(minutes.agenda),
        "speeches": told(minutes.content),
        "resolutions": told(minutes.resolutions),
        "votes": votes(minutes.votes),
        "evidence": listed(minutes.evidence, "；"),
        "note": _note(facts, told(minutes.remark)),
    }


def theme_day_cells(activity_id: str, state: ActivityState, facts: ActivityFacts, names: Names) -> dict[str, Out]:
    """The cells by field of the layout `theme_days`."""
    minutes = state.minutes
    return {
        **_of_any(activity_id, state, facts, names),
        "month": facts.date[:7].replace("-", ".") if len(facts.date) > len("2024") else None,
        "title": facts.title,
        "form": listed(facts.tags),
        "content": told(minutes.content),
        "outcome": told(minutes.outcome),
        "evidence": listed(minutes.evidence, "；"),
        "partners": listed(facts.partners),
        "joint_modes": modes(facts.joint_modes),
        "note": told(minutes.remark),
    }


def _of_any(activity_id: str, state: ActivityState, facts: ActivityFacts, names: Names) -> dict[str, Out]:
    attendance = state.attendance
    return {
        "record_id": activity_id,
        "branch": names.unit(facts.branch_id or facts.unit_id),
        "date": None if facts.occurrences is not None and len(facts.date) == len("2024") else written_day(facts.date),
        "place": facts.place,
        "chair": names.person(attendance.chair_id),
        "expected": facts.expected,
        "present": facts.present,
        "absences": absences(attendance.absences, names.person),
    }


def _begins_with_its_group(title: str, facts: ActivityFacts, names: Names) -> bool:
    group = names.unit(facts.unit_id)
    return title.startswith((group, names.unit(facts.branch_id or facts.unit_id) + group))


def _note(facts: ActivityFacts, remark: str | None) -> str | None:
    """What stands in 备注: the number known from below, the campaigns, the remark."""
    bound = None if facts.occurrences is None else facts.occurrences.words
    return "；".join(filter(None, (bound, *facts.campaigns, remark))) or None

"""Posts in a branch: held from a day to a day, ended ones remembered, so that an older roster does not revive them."""

from __future__ import annotations

from datetime import date, timedelta

from shared.contracts.members import MembershipFacts, Post, PostAssigned, PostFacts, PostVacated
from shared.contracts.values import Day, Id, Value
from shared.rejection import Rejected


class AssignPost(Value):
    """Give the person a post in a branch of which they are a member that day."""

    facts: PostFacts


class VacatePost(Value):
    """`effective_to` is the last day in the post."""

    branch_id: Id
    post: Post
    effective_to: Day


class EndedPost(Value):
    """A time in a post that is over; `effective_to` before its first day: it was stated by mistake."""

    facts: PostFacts
    effective_to: Day


class Posts(Value):
    """Those held now, and those over."""

    held: tuple[PostFacts, ...] = ()
    ended: tuple[EndedPost, ...] = ()


def with_ended(posts: Posts, event: PostVacated) -> Posts:
    """`posts` once the event has ended those it means."""
    over = [post for post in _held(posts, event) if _begun_by(post, event.effective_to)]
    ended = (EndedPost(facts=post, effective_to=event.effective_to) for post in over)
    return Posts(held=tuple(post for post in posts.held if post not in over), ended=(*posts.ended, *ended))


def assign(facts: PostFacts, posts: Posts, membership: MembershipFacts | None) -> list[PostAssigned]:
    """`membership` is the one in force that day."""
    if membership is None or membership.branch_id != facts.branch_id:
        raise Rejected(
            "not_a_member_of_the_branch",
            "facts.branch_id",
            f"{facts.effective_from} 时此人的组织关系不在该党支部",
            "先记录此人在该党支部的组织关系，再任职",
            value=facts.branch_id,
        )
    day = facts.effective_from
    held = any(post.effective_from <= day for post in _held(posts, facts))
    # An older roster states posts that have ended since: they were held that day, and stay ended.
    was_held = any(
        (ended.facts.branch_id, ended.facts.post) == (facts.branch_id, facts.post)
        and ended.facts.effective_from <= day <= ended.effective_to
        for ended in posts.ended
    )
    return [] if held or was_held else [PostAssigned(facts=facts)]


def vacate(command: VacatePost, posts: Posts, person_id: str) -> list[PostVacated]:
    """Ends the times in the post that have begun by then; one that is over already yields nothing."""
    held, day = _held(posts, command), command.effective_to
    if not held or _ended_on(posts, command):
        return []
    if not any(_begun_by(post, day) for post in held):
        earliest = min(post.effective_from for post in held)
        raise Rejected(
            "before_beginning",
            "effective_to",
            f"免职的日期 {day} 早于任职的日期 {earliest}",
            f"填写不早于 {earliest} 的日期；误记的任职填写前一天",
            value=day,
        )
    return [
        PostVacated(
            person_id=person_id, branch_id=command.branch_id, post=command.post, effective_to=command.effective_to
        )
    ]


def with_assigned(posts: Posts, facts: PostFacts) -> Posts:
    """`posts` with one more; stated again, a time in a post is not over."""
    ended = tuple(one for one in posts.ended if one.facts != facts)
    return Posts(held=(*posts.held, facts), ended=ended)


def led_back(before: Posts, now: Posts) -> list[PostAssigned | PostVacated]:
    """What leads from `now` back to `before`: an assignment by mistake ended before it began."""
    mistaken = [post for post in now.held if post not in before.held]
    return [
        *(_never_held(post) for post in mistaken),
        *(PostAssigned(facts=post) for post in before.held if post not in now.held),
    ]


def _never_held(post: PostFacts) -> PostVacated:
    day = (date.fromisoformat(post.effective_from) - timedelta(days=1)).isoformat()
    return PostVacated(person_id=post.person_id, branch_id=post.branch_id, post=post.post, effective_to=day)


def _held(posts: Posts, named: PostFacts | VacatePost | PostVacated) -> list[PostFacts]:
    return [post for post in posts.held if (post.branch_id, post.post) == (named.branch_id, named.post)]


def _ended_on(posts: Posts, command: VacatePost) -> bool:
    """Whether a time in this post is over since that very day: said again, it does not touch a later one."""
    named = (command.branch_id, command.post, command.effective_to)
    return any((ended.facts.branch_id, ended.facts.post, ended.effective_to) == named for ended in posts.ended)


def _begun_by(post: PostFacts, last_day: str) -> bool:
    """Whether a time in a post may end on `last_day`: at the earliest the day before it began."""
    return date.fromisoformat(post.effective_from) <= date.fromisoformat(last_day) + timedelta(days=1)

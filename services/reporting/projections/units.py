# ruff: noqa: S608 - what stands in the statements are constants of this program
"""Who there is: the court, its branches, party groups and branch committees with their lifetimes."""

from __future__ import annotations

from typing import Final

from services.reporting.projections.latest import Latest, Told, said
from shared.contracts.members import (
    BRANCH_BUSINESS_LINE_ASSIGNED,
    BRANCH_COMMITTEE_CORRECTED,
    BRANCH_COMMITTEE_DISSOLVED,
    BRANCH_COMMITTEE_FORMED,
    BRANCH_COMMITTEE_UNDONE,
    BRANCH_CORRECTED,
    BRANCH_ESTABLISHED,
    BRANCH_UNDONE,
    MEMBERSHIP_CORRECTED,
    MEMBERSHIP_ENDED,
    MEMBERSHIP_RECORDED,
    MEMBERSHIP_UNDONE,
    PARTY_GROUP_CORRECTED,
    PARTY_GROUP_DISSOLVED,
    PARTY_GROUP_FORMED,
    PARTY_GROUP_UNDONE,
    SITE_ESTABLISHED,
)
from shared.projection import Projection, guarded_upsert

_COURTS: Final = f"""
insert into courts as present (site, at, name, level, court_code, party_committee_id)
select distinct on (site) site, at, data->'facts'->>'name', data->'facts'->>'level', data->'facts'->>'court_code',
       data->'facts'->>'party_committee_id'
  from batch where type = '{SITE_ESTABLISHED}' order by site, at desc
{guarded_upsert(("site",), {"at": ("name", "level", "court_code", "party_committee_id")})}
"""

_BRANCHES: Final = f"""
insert into branches as present (site, branch_id, at, name, branch_kind, official_order, effective_from, undone)
select distinct on (site, id) site, id, at, data->'facts'->>'name', data->'facts'->>'branch_kind',
       (data->'facts'->>'official_order')::bigint, (data->'facts'->>'effective_from')::date,
       type = '{BRANCH_UNDONE}'
  from batch where type in ('{BRANCH_ESTABLISHED}', '{BRANCH_CORRECTED}', '{BRANCH_UNDONE}')
 order by site, id, at desc
{guarded_upsert(("site", "branch_id"), {"at": ("name", "branch_kind", "official_order", "effective_from", "undone")})}
"""

_COMMITTEE_CHANGES: Final = f"""
insert into committee_changes (site, branch_id, at, change, day)
select site, id, at,
       case type when '{BRANCH_COMMITTEE_FORMED}' then 'formed' when '{BRANCH_COMMITTEE_CORRECTED}' then 'corrected'
                 when '{BRANCH_COMMITTEE_UNDONE}' then 'undone' else 'dissolved' end,
       coalesce(data->>'effective_from', data->>'effective_to')::date
  from batch
 where type in ('{BRANCH_COMMITTEE_FORMED}', '{BRANCH_COMMITTEE_CORRECTED}', '{BRANCH_COMMITTEE_DISSOLVED}',
                '{BRANCH_COMMITTEE_UNDONE}')
    on conflict do nothing
"""

_GROUPS: Final = f"""
insert into party_groups as present (site, group_id, at, branch_id, name, official_order)
select distinct on (site, data->'facts'->>'group_id') site, data->'facts'->>'group_id', at, id,
       data->'facts'->>'name', (data->'facts'->>'official_order')::bigint
  from batch where type in ('{PARTY_GROUP_FORMED}', '{PARTY_GROUP_CORRECTED}')
 order by site, data->'facts'->>'group_id', at desc
{guarded_upsert(("site", "group_id"), {"at": ("branch_id", "name", "official_order")})}
"""

_GROUP_CHANGES: Final = f"""
insert into group_changes (site, group_id, at, change, day)
select site, coalesce(data->>'group_id', data->'facts'->>'group_id'), at,
       case type when '{PARTY_GROUP_FORMED}' then 'formed' when '{PARTY_GROUP_CORRECTED}' then 'corrected'
                 when '{PARTY_GROUP_UNDONE}' then 'undone' else 'dissolved' end,
       coalesce(data->'facts'->>'effective_from', data->>'effective_to')::date
  from batch
 where type in ('{PARTY_GROUP_FORMED}', '{PARTY_GROUP_CORRECTED}', '{PARTY_GROUP_DISSOLVED}', '{PARTY_GROUP_UNDONE}')
    on conflict do nothing
"""

_LINES: Final = Latest(
    "branch_lines",
    {"branch_id": "id"},
    (Told("at", (BRANCH_BUSINESS_LINE_ASSIGNED,), {"business_line": said("business_line")}),),
)

UNITS: Final = Projection(
    name="units",
    service="members",
    types=(
        SITE_ESTABLISHED,
        BRANCH_ESTABLISHED,
        BRANCH_CORRECTED,
        BRANCH_BUSINESS_LINE_ASSIGNED,
        BRANCH_COMMITTEE_FORMED,
        BRANCH_COMMITTEE_CORRECTED,
        BRANCH_COMMITTEE_DISSOLVED,
        PARTY_GROUP_FORMED,
        PARTY_GROUP_CORRECTED,
        PARTY_GROUP_DISSOLVED,
        BRANCH_UNDONE,
        BRANCH_COMMITTEE_UNDONE,
        PARTY_GROUP_UNDONE,
    ),
    tables={
        "courts": ("site",),
        "branches": ("site", "branch_id"),
        "committee_changes": ("site", "branch_id", "at"),
        "party_groups": ("site", "group_id"),
        "group_changes": ("site", "group_id", "at"),
        _LINES.name: _LINES.primary_key,
    },
    ddl="""
create table courts (
    site text collate "C" primary key, at bigint not null, name text, level text, court_code text,
    party_committee_id text
);
create table branches (
    site text collate "C", branch_id text collate "C", at bigint not null, name text, branch_kind text,
    official_order bigint, effective_from date, undone boolean not null, primary key (site, branch_id)
);
create table committee_changes (
    site text collate "C", branch_id text collate "C", at bigint, change text not null, day date,
    primary key (site, branch_id, at)
);
create table party_groups (
    site text collate "C", group_id text collate "C", at bigint not null, branch_id text, name text,
    official_order bigint, primary key (site, group_id)
);
create table group_changes (
    site text collate "C", group_id text collate "C", at bigint, change text not null, day date,
    primary key (site, group_id, at)
);
"""
    + _LINES.ddl,
    statements=(_COURTS, _BRANCHES, _COMMITTEE_CHANGES, _GROUPS, _GROUP_CHANGES, _LINES.upsert),
)

MEMBERS: Final = Projection(
    name="members",
    service="members",
    types=(MEMBERSHIP_RECORDED, MEMBERSHIP_CORRECTED, MEMBERSHIP_ENDED, MEMBERSHIP_UNDONE),
    tables={"memberships": ("site", "person_id", "effective_from")},
    ddl="""
create table memberships (
    site text collate "C", person_id text collate "C", effective_from date, at bigint not null, branch_id text,
    group_id text, member_kind text, standing text, undone boolean not null,
    primary key (site, person_id, effective_from)
);
""",
    statements=(
        f"""
insert into memberships as present
  (site, person_id, effective_from, at, branch_id, group_id, member_kind, standing, undone)
select distinct on (site, person_id, effective_from) site, person_id, effective_from, at, branch_id, group_id,
       member_kind, standing, undone
  from (
    select site, at, data->'facts'->>'person_id' as person_id, (data->'facts'->>'effective_from')::date
           as effective_from, data->'facts'->>'branch_id' as branch_id, data->'facts'->>'group_id' as group_id,
           data->'facts'->>'member_kind' as member_kind, data->'facts'->>'standing' as standing,
           false as undone
      from batch where type in ('{MEMBERSHIP_RECORDED}', '{MEMBERSHIP_CORRECTED}')
     union all
    select site, at, data->>'person_id', (data->>'effective_to')::date + 1, null, null, null, null, false
      from batch where type = '{MEMBERSHIP_ENDED}'
     union all
    select site, at, data->>'person_id', (data->>'effective_from')::date, null, null, null, null, true
      from batch where type = '{MEMBERSHIP_UNDONE}'
  ) as told
 order by site, person_id, effective_from, at desc
{
            guarded_upsert(
                ("site", "person_id", "effective_from"),
                {"at": ("branch_id", "group_id", "member_kind", "standing", "undone")},
            )
        }
""",
    ),
)

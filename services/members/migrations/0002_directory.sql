-- Who is who, from the service's own log; names stay in the log, encrypted. Everything here can be made anew by
-- emptying the tables and setting the cursor to 0.
create table directory_cursor (
    one      boolean primary key default true check (one),
    position bigint not null
);
insert into directory_cursor (position) values (0);

-- `details_position` is the event that holds the present details; `name_hash` is keyed, null once forgotten.
create table directory_people (
    person_id        uuid primary key,
    details_position bigint not null,
    name_hash        text collate "C"
);
create index directory_people_name_hash on directory_people (name_hash);

create table directory_memberships (
    person_id      uuid not null,
    effective_from text collate "C" not null,
    branch_id      uuid not null,
    group_id       uuid,
    member_kind    text not null,
    standing       text not null,
    primary key (person_id, effective_from)
);

create table directory_branches (
    branch_id      uuid primary key,
    name           text not null,
    branch_kind    text not null,
    official_order integer not null,
    effective_from text not null,
    committee_from text,
    committee_to   text
);

create table directory_groups (
    group_id       uuid primary key,
    branch_id      uuid not null,
    name           text not null,
    official_order integer not null,
    effective_from text not null,
    effective_to   text
);

-- Reporting's own copy of every log it receives. Of a withheld event everything after `h` is null.
create table journal (
    origin   text collate "C" not null,
    position bigint not null check (position > 0),
    family   text collate "C" not null,
    c        bytea not null check (octet_length(c) = 32),
    h        bytea not null check (octet_length(h) = 32),
    salt     bytea check (octet_length(salt) = 16),
    stream   text collate "C",
    version  bigint check (version > 0),
    event_id uuid,
    type     text collate "C",
    time     timestamptz,
    data     text,
    meta     text,
    primary key (origin, position),
    constraint journal_shown_or_withheld
        check (num_nulls(salt, stream, version, event_id, type, time, data, meta) in (0, 8))
);

-- The signed notes as they came: proofs, and what is forwarded.
create table runs (
    origin text collate "C" not null,
    first  bigint not null check (first > 0),
    last   bigint not null check (last >= first),
    note   text not null,
    primary key (origin, first)
);

-- Contents of withheld events that followed later, checked against `c`.
create table openings (
    origin   text collate "C" not null,
    position bigint not null,
    salt     bytea not null check (octet_length(salt) = 16),
    stream   text collate "C" not null,
    version  bigint not null check (version > 0),
    event_id uuid not null,
    type     text collate "C" not null,
    time     timestamptz not null,
    data     text not null,
    meta     text not null,
    primary key (origin, position)
);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% on % is refused: what was received is never changed', tg_op, tg_table_name
        using errcode = 'restrict_violation';
end
$$;

create trigger journal_is_kept before update or delete or truncate on journal
    for each statement execute function refuse_change();
create trigger runs_are_kept before update or delete or truncate on runs
    for each statement execute function refuse_change();
create trigger openings_are_kept before update or delete or truncate on openings
    for each statement execute function refuse_change();

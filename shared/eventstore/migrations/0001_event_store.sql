-- Everything is made in the first schema of search_path. Keys compare by bytes, whatever the database's locale is.

create table events (
    position    bigint primary key check (position > 0),
    epoch       integer not null check (epoch > 0),
    stream      text collate "C" not null,
    version     bigint not null check (version > 0),
    event_id    uuid not null,
    type        text collate "C" not null,
    data        text not null,
    meta        text not null,
    salt        bytea not null check (octet_length(salt) = 16),
    recorded_at timestamptz not null,
    constraint events_stream_version_key unique (stream, version),
    constraint events_event_id_key unique (event_id)
);

-- Room on every page, so that a new version stays on it and touches no index.
create table streams (
    stream  text collate "C" primary key,
    version bigint not null check (version > 0)
) with (fillfactor = 70);

create table commands (
    command_id   text collate "C" primary key,
    actor        text not null,
    request_hash bytea not null,
    status       text not null,
    positions    bigint[] not null,
    answer       text
);

create table seals (
    epoch   integer not null check (epoch > 0),
    channel text collate "C" not null,
    first   bigint not null check (first > 0),
    last    bigint not null check (last >= first),
    root    bytea not null check (octet_length(root) = 32),
    note    text not null,
    primary key (epoch, channel, first)
);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% on % is refused: what is recorded is never changed', tg_op, tg_table_name
        using errcode = 'restrict_violation';
end
$$;

create trigger events_are_kept before update or delete or truncate on events
    for each statement execute function refuse_change();
create trigger commands_are_kept before update or delete or truncate on commands
    for each statement execute function refuse_change();
create trigger seals_are_kept before update or delete or truncate on seals
    for each statement execute function refuse_change();

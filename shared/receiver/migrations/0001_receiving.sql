-- How far each origin has been received, its root there, and the latest head its source signed.
create table receipts (
    origin      text collate "C" primary key,
    have        bigint not null check (have >= 0),
    h           bytea not null check (octet_length(h) = 32),
    received_at timestamptz,
    stated_at   timestamptz,
    head        bigint check (head >= 0),
    head_root   bytea check (octet_length(head_root) = 32),
    head_time   timestamptz,
    head_seen   timestamptz
);

-- Which keys may sign for a service of a site, and from which position of its log on.
create table origin_keys (
    site          text collate "C" not null,
    service       text collate "C" not null,
    key_id        text collate "C" not null,
    public_key    bytea not null check (octet_length(public_key) = 32),
    from_position bigint not null check (from_position > 0),
    named_by      text not null,
    primary key (site, service, key_id)
);

-- A link is charged with what it delivers; once suspended, only a person lets it go on.
create table inbound_links (
    link         text collate "C" primary key,
    suspended_at timestamptz,
    reason       text,
    origin       text,
    position     bigint,
    dropped      bigint not null default 0
);

-- The first offending message per origin and reason.
create table quarantine (
    origin      text collate "C" not null,
    reason      text collate "C" not null,
    link        text not null,
    problem     text not null,
    position    bigint,
    headers     text not null,
    body        bytea not null,
    received_at timestamptz not null default clock_timestamp(),
    again       bigint not null default 0,
    primary key (origin, reason)
);

-- Two signed histories of one origin that differ: both notes, from the first differing position known.
create table forks (
    origin        text collate "C" not null,
    position      bigint not null,
    held_note     text,
    received_note text not null,
    received_body bytea not null,
    found_at      timestamptz not null default clock_timestamp(),
    primary key (origin, position)
);

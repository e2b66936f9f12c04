-- How far each upper site's broker has confirmed each log. Only a send window: what arrived is in `uplink_states`.
create table uplink_cursors (
    upper   text collate "C" not null,
    origin  text collate "C" not null,
    sent_to bigint not null check (sent_to >= 0),
    primary key (upper, origin)
);

-- The latest signed `state` of an upper site for each log, as it came; `alarm` where it is not our history. `time` is
-- by the clock above, `heard_at` by ours.
create table uplink_states (
    upper     text collate "C" not null,
    origin    text collate "C" not null,
    have      bigint not null check (have >= 0),
    root      bytea not null check (octet_length(root) = 32),
    status    text not null check (status in ('ok', 'suspended', 'rebuilding')),
    time      timestamptz not null,
    body      bytea not null,
    signature text not null,
    heard_at  timestamptz not null default clock_timestamp(),
    alarm     text check (alarm in ('upper_is_ahead', 'upper_has_another_history')),
    primary key (upper, origin)
);

-- The furthest position whose root an upper site has signed and that is also ours: until then nobody outside vouches.
create table countersignatures (
    upper     text collate "C" not null,
    origin    text collate "C" not null,
    have      bigint not null check (have > 0),
    time      timestamptz not null,
    body      bytea not null,
    signature text not null,
    primary key (upper, origin)
);

-- Contents that followed later and were passed on.
create table uplink_openings (
    upper    text collate "C" not null,
    origin   text collate "C" not null,
    position bigint not null,
    sent_at  timestamptz not null default clock_timestamp(),
    primary key (upper, origin, position)
);

-- What the holder of the lease `uplink:<upper>` says of its connection; true only as long as the lease is held.
create table uplink_connections (
    upper     text collate "C" primary key,
    connected boolean not null,
    since     timestamptz not null default clock_timestamp()
);

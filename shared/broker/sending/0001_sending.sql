-- How far each destination's broker has confirmed. Only a send window: what arrived is in `peer_states`.
create table send_cursors (
    destination text collate "C" not null,
    channel     text collate "C" not null,
    epoch       integer not null check (epoch > 0),
    sent_to     bigint not null check (sent_to >= 0),
    primary key (destination, channel, epoch)
);

-- The latest signed `state` of every receiver of an own origin, as it came.
create table peer_states (
    origin    text collate "C" not null,
    receiver  text collate "C" not null,
    have      bigint not null check (have >= 0),
    root      bytea not null check (octet_length(root) = 32),
    status    text not null check (status in ('ok', 'suspended', 'rebuilding')),
    time      timestamptz not null,
    body      bytea not null,
    signature text not null,
    primary key (origin, receiver)
);

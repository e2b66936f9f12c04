-- Keys of persons (person:<uuid>) and of records' free text (record:<uuid>), wrapped by RFC 3394.
-- `kek_id` names the key-encryption key, which lies in a file outside PostgreSQL.
create table personal_keys (
    key_id     text collate "C" primary key,
    wrapped    bytea not null check (octet_length(wrapped) = 40),
    kek_id     text collate "C" not null,
    created_at timestamptz not null default clock_timestamp()
);

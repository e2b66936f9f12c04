-- Keys of persons (person:<uuid>) and of records' free text (record:<uuid>), wrapped by RFC 3394.
-- `kek_id` names the key-encryption key, which lies in a file outside PostgreSQL.
create table personal_keys (
    key_id     text collate "C" primary key,
    wrapped    bytea not null check (octet_length(wrapped) = 40),
    kek_id     text collate "C" not null,
    created_at timestamptz not null default clock_timestamp()
);

-- How a person is found again: a keyed hash, outside the log. No personal value stands here.
create table person_keys (
    keyed_hash text collate "C" primary key check (keyed_hash ~ '^[0-9a-f]{64}$'),
    person_id  uuid not null,
    basis      text not null check (basis in ('id_number', 'name_birth_branch', 'outside_name'))
);
create index person_keys_person_id on person_keys (person_id);

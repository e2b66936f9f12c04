-- Import runs. The workbook lies encrypted under a key of its own and is wiped when the run ends.
create table import_runs (
    run_id        text primary key check (length(run_id) between 1 and 255),
    request_hash  bytea not null,
    actor         text not null,
    correlation   text not null,
    filename      text not null,
    dry_run       boolean not null,
    state         text not null default 'accepted' check (state in ('accepted', 'running', 'done', 'refused', 'failed')),
    attempts      integer not null default 0,
    done          integer not null default 0,
    total         integer,
    answer        text,
    sealed_values bytea,
    wrapped_key   bytea,
    kek_id        text not null,
    workbook      bytea,
    accepted_at   timestamptz not null default clock_timestamp(),
    ended_at      timestamptz,
    check ((workbook is null) = (ended_at is not null)),
    check ((answer is null) = (ended_at is null))
);
create index import_runs_open on import_runs (accepted_at) where state in ('accepted', 'running');

-- How a person of the roster is found again: a keyed hash, outside the log. No personal value stands here.
create table person_keys (
    keyed_hash text collate "C" primary key check (keyed_hash ~ '^[0-9a-f]{64}$'),
    person_id  uuid not null,
    basis      text not null check (basis in ('id_number', 'name_birth_branch'))
);
create index person_keys_person_id on person_keys (person_id);

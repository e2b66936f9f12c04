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

-- Which records a ledger of a year has held, to say what a later workbook leaves out. Written before the append:
-- an id whose stream does not exist was never recorded.
create table ledger_records (
    ledger      text not null,
    year        integer not null,
    activity_id uuid not null,
    primary key (ledger, year, activity_id)
);

-- How somebody whom ledgers name and the roster does not know is found again: a keyed hash of name and unit.
create table outside_person_keys (
    keyed_hash text collate "C" primary key check (keyed_hash ~ '^[0-9a-f]{64}$'),
    person_id  uuid not null unique
);

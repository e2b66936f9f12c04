-- Who does a task of which there may be one at a time. `term` counts the holders; time is the database's.
create table leases (
    name       text collate "C" primary key,
    holder     text not null,
    term       bigint not null check (term > 0),
    expires_at timestamptz not null
);

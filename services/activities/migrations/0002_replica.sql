-- What `activities` knows of the court's units, from the log of `members`: ids, names and lifetimes, nothing personal.
-- How far that log is received stands in `receipts`; setting it back to 0 rebuilds this table.
create table replica_units (
    unit_id        uuid primary key,
    unit_kind      text not null check (unit_kind in ('branch', 'party_group', 'party_committee')),
    branch_id      uuid,
    name           text not null,
    branch_kind    text,
    official_order integer not null,
    effective_from text,
    effective_to   text,
    committee_from text,
    committee_to   text
);

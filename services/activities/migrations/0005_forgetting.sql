-- Whose key was deleted for good: no key of that id is made ever again. `seq` counts burials in commit order.
create table personal_tombstones (
    key_id    text collate "C" primary key,
    seq       bigint not null unique,
    buried_at timestamptz not null default clock_timestamp()
);
create trigger personal_tombstones_are_kept before update or delete or truncate on personal_tombstones
    for each statement execute function refuse_change();

-- When the key-encryption key was changed, and to which: a burial after the last change calls for the next one.
create table kek_changes (
    kek_id     text collate "C" primary key,
    changed_at timestamptz not null default clock_timestamp()
);

-- The few events by which people are forgotten, found without reading the log; the same index in every service.
create index events_forgetting on events (position) where type in (
    'members.person-forgetting-requested.v1', 'members.person-forgetting-withdrawn.v1', 'members.person-forgotten.v1',
    'activities.outside-person-forgetting-requested.v1', 'activities.outside-person-forgetting-withdrawn.v1',
    'activities.outside-person-forgotten.v1'
);

-- What this service holds of people beside their keys. Called again and again: an import may be under way.
create function forget_traces(people uuid[]) returns void language plpgsql as $$
begin
    delete from outside_person_keys where person_id = any(people);
    update import_runs set sealed_values = null, wrapped_key = null
     where sealed_values is not null and accepted_at <= (select max(buried_at) from personal_tombstones);
end
$$;

-- Which identifiers a run may store, in their order: none of these ledgers holds any.
alter table import_runs add column with_identifiers text[] not null default '{}';

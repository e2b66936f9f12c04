-- The undoing of an import is a run of its own: one of a run is under way or done, and what it left is listed.
-- The workbook with its faulty cells marked lies encrypted beside the words of the answer, and is forgotten with them.
alter table import_runs add column undoes text references import_runs (run_id);
alter table import_runs add column sealed_workbook bytea;
create unique index import_runs_undone on import_runs (undoes) where state in ('accepted', 'running', 'done');
create index import_runs_in_order on import_runs (accepted_at);

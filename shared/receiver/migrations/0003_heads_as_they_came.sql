-- The latest head as its source signed it, to be forwarded unchanged.
alter table receipts add column head_body bytea, add column head_signature text;

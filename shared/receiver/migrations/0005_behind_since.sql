-- Since when the source is known to have sealed more than has arrived; null while everything it told of is here.
alter table receipts add column behind_since timestamptz;

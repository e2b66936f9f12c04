-- A key signs up to `to_position`, where its service changed it (0: reporting, which has no log, changed it); from
-- `revoked_from` on it is believed no more.
alter table origin_keys
    add column to_position  bigint check (to_position >= 0),
    add column revoked_from bigint check (revoked_from > 0);

-- What a person decided about a refused message, and why. The message itself is gone with the decision.
create table quarantine_decisions (
    origin      text collate "C" not null,
    reason      text collate "C" not null,
    link        text not null,
    problem     text not null,
    position    bigint,
    body_sha256 bytea not null check (octet_length(body_sha256) = 32),
    messages    bigint not null check (messages > 0),
    received_at timestamptz not null,
    decision    text not null check (decision in ('replayed', 'discarded')),
    grounds     text not null check (length(grounds) between 1 and 1000),
    decided_by  text not null check (length(decided_by) between 1 and 255),
    decided_at  timestamptz not null default clock_timestamp()
);

create function refuse_change_of_decisions() returns trigger language plpgsql as $$
begin
    raise exception '% on % is refused: what was decided stays', tg_op, tg_table_name
        using errcode = 'restrict_violation';
end
$$;

create trigger quarantine_decisions_are_kept before update or delete or truncate on quarantine_decisions
    for each statement execute function refuse_change_of_decisions();

-- A stream's version is read from the index on `events (stream, version)`, whose entries never die. A row a stream,
-- updated by each append, decayed while an old snapshot was open.
drop table streams;
drop function append_events(
    text[], text[], bytea[], text[], integer[], integer[], text[], bigint[], integer[], integer[], integer[], text[],
    integer[], integer[], uuid[], text[], text[], text[], bytea[]);

-- Append a batch in commit order. Arrays come in three lengths: one item per append, per (append, stream) and per
-- event; `*_append` is the number of the append, from 1. A command id and a stream stand in a batch once.
-- `check_expected` -1 means any version. For each append: the position of its first event, or 0 where nothing was
-- appended, because its command is `known` or a version of `actual` is not the expected one.
create function append_events(
    command_ids text[], actors text[], request_hashes bytea[], answers text[], event_counts integer[],
    check_append integer[], check_stream text[], check_expected bigint[],
    event_append integer[], event_number integer[], event_stream text[], event_check integer[],
    event_version integer[], event_ids uuid[], event_types text[], event_data text[], event_meta text[],
    event_salts bytea[],
    out first_positions bigint[], out actual bigint[], out known integer[]
) language plpgsql volatile
  set plan_cache_mode = force_generic_plan
  set enable_seqscan = off
as $$
declare
    conflicts     integer[];
    last_position bigint;
    this_epoch    integer;
    this_time     timestamptz;
    free          bigint;
begin
    -- The locks of other isolation levels come too late: their snapshot is older than the wait for the lock.
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'append_events needs READ COMMITTED, not %', upper(current_setting('transaction_isolation'))
            using errcode = 'invalid_transaction_state';
    end if;

    -- A statement of its own: the next ones see what the holder before us committed.
    perform pg_advisory_xact_lock(1278816878, 'events'::regclass::oid::integer);

    select (select array_agg(asked.number::integer)
              from unnest(command_ids) with ordinality as asked (command_id, number)
              join commands on commands.command_id = asked.command_id),
           checked.actual, checked.conflicts, log.position, log.epoch, log.recorded_at
      into known, actual, conflicts, last_position, this_epoch, this_time
      from (select array_agg(coalesce(latest.version, 0) order by asked.number) as actual,
                   array_agg(asked.append) filter (
                       where asked.expected not in (-1, coalesce(latest.version, 0))) as conflicts
              from unnest(check_append, check_stream, check_expected)
                   with ordinality as asked (append, stream, expected, number)
              left join lateral (select version from events where events.stream = asked.stream
                                  order by version desc limit 1) as latest on true) as checked
      left join (select position, epoch, recorded_at from events order by position desc limit 1) as log on true;

    last_position := coalesce(last_position, 0);
    this_epoch := coalesce(this_epoch, 1);
    this_time := greatest(clock_timestamp(), this_time);
    free := last_position + 1;
    for number in 1 .. cardinality(command_ids) loop
        if number = any (known) or number = any (conflicts) then
            first_positions[number] := 0;
        else
            first_positions[number] := free;
            free := free + event_counts[number];
        end if;
    end loop;

    insert into events (position, epoch, stream, version, event_id, type, data, meta, salt, recorded_at)
    select first_positions[event.append] + event.number, this_epoch, event.stream,
           actual[event.chk] + event.version, event.id, event.type, event.data, event.meta, event.salt, this_time
      from unnest(event_append, event_number, event_stream, event_check, event_version, event_ids, event_types,
                  event_data, event_meta, event_salts)
           as event (append, number, stream, chk, version, id, type, data, meta, salt)
     where first_positions[event.append] > 0;

    insert into commands (command_id, actor, request_hash, status, positions, answer)
    select asked.id, asked.actor, asked.hash, 'accepted',
           case asked.events
               when 1 then array[first_positions[asked.number]]
               else array(select generate_series(first_positions[asked.number],
                                                 first_positions[asked.number] + asked.events - 1))
           end,
           asked.answer
      from unnest(command_ids, actors, request_hashes, answers, event_counts)
           with ordinality as asked (id, actor, hash, answer, events, number)
     where first_positions[asked.number] > 0;

    if free > last_position + 1 then
        perform pg_notify('events', current_schema() || '.' || free - 1);
    end if;
end
$$;

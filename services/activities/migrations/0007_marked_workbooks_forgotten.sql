-- A marked workbook goes with the words of its run: without its key it says nothing any more, but it need not stay.
create or replace function forget_traces(people uuid[]) returns void language plpgsql as $$
begin
    delete from outside_person_keys where person_id = any(people);
    update import_runs set sealed_values = null, sealed_workbook = null, wrapped_key = null
     where (sealed_values is not null or sealed_workbook is not null)
       and accepted_at <= (select max(buried_at) from personal_tombstones);
end
$$;

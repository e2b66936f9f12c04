-- Whom `members` has ever recorded a membership for: ids alone, so that a request naming nobody is refused.
create table replica_people (
    person_id uuid primary key
);

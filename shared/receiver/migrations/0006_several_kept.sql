-- Of each origin, reason and link a few different messages are kept: the first offender does not hide later ones.
alter table quarantine drop constraint quarantine_pkey;
alter table quarantine add primary key (origin, reason, received_at);

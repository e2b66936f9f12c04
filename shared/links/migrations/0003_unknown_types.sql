-- Events of types this program does not know, which a newer site below has sent: kept, forwarded and counted.
create table unknown_types (
    origin text collate "C" not null,
    type   text collate "C" not null,
    events bigint not null check (events > 0),
    primary key (origin, type)
);

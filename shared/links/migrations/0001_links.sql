-- Which site is linked with which, as the members log of `parent` tells it: `site` is its peer, and `role` what the
-- peer is to it. `origin` and `position` say where the latest `SiteJoined` stands. `unchecked` is the signature line
-- of a lower site that signed with a later key than its first: looked at when the log comes that names that key.
create table linked_sites (
    parent         text collate "C" not null,
    site           text collate "C" not null,
    role           text not null check (role in ('lower', 'upper')),
    state          text not null check (state in ('joined', 'suspended', 'revoked')),
    name           text not null,
    level          text not null,
    official_order bigint,
    withheld       text[] not null,
    origin         text collate "C" not null,
    position       bigint not null check (position > 0),
    grounds        text,
    statement      bytea,
    unchecked      text,
    primary key (parent, site)
);
create index linked_sites_by_site on linked_sites (site);

-- Epochs after the first: what the log says that opened it (`said_by` its own site), and what the site above accepted.
-- The epoch follows on position `kept_to`, whose h is `h`; `origin` and `position` say where that was said.
create table epochs (
    site     text collate "C" not null,
    service  text collate "C" not null,
    epoch    bigint not null check (epoch > 1),
    said_by  text collate "C" not null,
    kept_to  bigint not null check (kept_to >= 0),
    h        bytea not null check (octet_length(h) = 32),
    origin   text collate "C" not null,
    position bigint not null check (position > 0),
    primary key (site, service, epoch, said_by)
);

-- Which keys are believed no more, from which position of the service's log on, and whose members log says so.
create table key_revocations (
    site          text collate "C" not null,
    service       text collate "C" not null,
    key_id        text collate "C" not null,
    said_by       text collate "C" not null,
    from_position bigint not null check (from_position > 0),
    origin        text collate "C" not null,
    position      bigint not null check (position > 0),
    primary key (site, service, key_id, said_by)
);

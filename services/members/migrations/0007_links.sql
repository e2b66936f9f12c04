-- With which password a lower site asked to join: the salted hash that its broker user is made from, nothing else.
-- The secret of an open invitation is a key of personal_keys (invitation:<uuid>), until the invitation has expired.
create table link_passwords (
    invitation_id uuid primary key,
    peer          text not null check (peer ~ '^[a-z][a-z0-9]{1,31}$'),
    password_hash text not null check (password_hash ~ '^[A-Za-z0-9+/]{48}$'),
    received_at   timestamptz not null default clock_timestamp()
);

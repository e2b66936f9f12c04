-- Who may come in from outside. Only the hash of a token is kept; a token is random and at least 256 bits long.
CREATE TABLE access_tokens (
    token_hash   bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    subject      text NOT NULL CHECK (subject <> ''),
    role         text NOT NULL CHECK (role <> ''),
    organisation text NOT NULL CHECK (organisation <> ''),
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz
);

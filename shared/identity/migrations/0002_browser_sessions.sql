-- A ticket opens one browser once; the session it becomes lives here, the browser holds only its random name.
CREATE TABLE browser_tickets (
    ticket_hash  bytea PRIMARY KEY CHECK (octet_length(ticket_hash) = 32),
    subject      text NOT NULL,
    role         text NOT NULL,
    organisation text NOT NULL,
    expires_at   timestamptz NOT NULL
);

CREATE TABLE browser_sessions (
    session_hash bytea PRIMARY KEY CHECK (octet_length(session_hash) = 32),
    subject      text NOT NULL,
    role         text NOT NULL,
    organisation text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL
);

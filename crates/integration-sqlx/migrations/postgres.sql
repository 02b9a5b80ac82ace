-- Tokens by client and user, sealed, and the leases of those who refresh them.
CREATE TABLE IF NOT EXISTS oauth_tokens (
    client  TEXT   NOT NULL,
    user_id TEXT   NOT NULL,
    sealed  BYTEA  NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (client, user_id)
);

CREATE TABLE IF NOT EXISTS oauth_token_leases (
    client  TEXT   NOT NULL,
    user_id TEXT   NOT NULL,
    holder  TEXT   NOT NULL,
    until   BIGINT NOT NULL, -- milliseconds since 1970, by the database's clock
    PRIMARY KEY (client, user_id)
);

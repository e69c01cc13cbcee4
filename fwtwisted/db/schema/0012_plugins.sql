-- What people set for the plugins: which of them they use, and with what.
CREATE TABLE plugin (
    account_id          bigint NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name                text NOT NULL,                  -- model/plugins.py
    is_enabled          boolean NOT NULL DEFAULT false,
    conf                jsonb NOT NULL DEFAULT '{}',    -- by the names of its fields; holds secrets of other services
    PRIMARY KEY (account_id, name)
);

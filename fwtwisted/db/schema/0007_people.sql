-- How people come in and keep their account: mail to be answered, invitations, requests to be let in.

-- Secrets that went out by mail.  Only a digest is kept; using one, or a new password, ends it.
CREATE TABLE mailed_secret (
    digest              bytea PRIMARY KEY,              -- SHA-256 of what the link carries
    account_id          bigint NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    purpose             text NOT NULL CHECK (purpose IN ('address', 'password')),
    email               text NOT NULL,                  -- where it went, and what it proves
    secret_key          uuid NOT NULL,                  -- the account's at that time; another one voids it
    expires             timestamptz NOT NULL
);
CREATE INDEX mailed_secret_account ON mailed_secret (account_id, purpose);
CREATE INDEX mailed_secret_expires ON mailed_secret (expires);

ALTER TABLE account ADD COLUMN confirmation_asked timestamptz;  -- last time a link to confirm the address was asked for
CREATE INDEX account_joined ON account (date_joined, id);
CREATE INDEX account_activity ON account (last_activity, id);

ALTER TABLE invitation ADD COLUMN used timestamptz;     -- by the account that names it; null: open until it expires
CREATE INDEX invitation_creation ON invitation (creation_date, id);
CREATE INDEX account_invitation ON account (invitation_id) WHERE invitation_id IS NOT NULL;

-- Requests to be let in, which moderators answer.
CREATE TABLE user_request (
    id                  bigserial PRIMARY KEY,
    uuid                uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    type                text NOT NULL DEFAULT 'signup' CHECK (type IN ('signup')),
    status              text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'approved', 'refused')),
    submitter_id        bigint NOT NULL REFERENCES actor (id) ON DELETE CASCADE,
    assigned_to_id      bigint REFERENCES actor (id) ON DELETE SET NULL,  -- who answered; null: nobody, or at the shell
    metadata            jsonb,                          -- answers to the sign-up form, by label
    creation_date       timestamptz NOT NULL DEFAULT now(),
    handled_date        timestamptz
);
CREATE INDEX user_request_creation ON user_request (creation_date, id);
CREATE INDEX user_request_status ON user_request (status, id);
CREATE INDEX user_request_submitter ON user_request (submitter_id);

-- --- OAuth: what came of a code, and when a pair of tokens gave way to the next ------------------

ALTER TABLE oauth_code ADD COLUMN spent timestamptz;    -- when it was exchanged; null: not yet
ALTER TABLE oauth_code ADD COLUMN family uuid;          -- of the tokens that it was exchanged for
CREATE INDEX oauth_code_account ON oauth_code (account_id, application_id);
CREATE INDEX oauth_code_application ON oauth_code (application_id);
CREATE INDEX oauth_code_expires ON oauth_code (expires);

ALTER TABLE oauth_token DROP COLUMN replaced;
ALTER TABLE oauth_token ADD COLUMN replaced timestamptz;  -- by the next pair of its family; null: in force
CREATE INDEX oauth_token_family ON oauth_token (family);
CREATE INDEX oauth_token_application ON oauth_token (application_id);
DROP INDEX oauth_token_expires;
CREATE INDEX oauth_token_expires ON oauth_token (greatest(access_expires, refresh_expires));

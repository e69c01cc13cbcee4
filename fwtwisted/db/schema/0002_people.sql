-- Who acts: servers, actors, accounts, and what proves who they are.

CREATE TABLE domain (
    name                text PRIMARY KEY,               -- lower case, with the port where it is not the scheme's own
    creation_date       timestamptz NOT NULL DEFAULT now(),
    nodeinfo            jsonb NOT NULL DEFAULT '{}',
    nodeinfo_fetch_date timestamptz,
    service_actor_id    bigint,
    reachable           boolean NOT NULL DEFAULT true,  -- content of unreachable servers is hidden
    last_contact        timestamptz,
    failures            integer NOT NULL DEFAULT 0,
    allowed             boolean                         -- on the allow list; null: never decided
);

CREATE TABLE actor (
    id                  bigserial PRIMARY KEY,
    uuid                uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    fid                 text NOT NULL UNIQUE,           -- federation id
    domain              text NOT NULL REFERENCES domain (name),
    preferred_username  text NOT NULL,
    type                text NOT NULL DEFAULT 'Person'
                        CHECK (type IN ('Person', 'Service', 'Application', 'Group', 'Organization', 'Tombstone')),
    name                text,
    summary             text,
    summary_type        text,                           -- text/markdown, text/html, text/plain
    url                 text,
    inbox_url           text,
    outbox_url          text,
    shared_inbox_url    text,
    followers_url       text,
    following_url       text,
    manually_approves_followers boolean,
    public_key          text,                           -- PEM, SPKI
    private_key         text,                           -- PEM, PKCS#8; local actors only
    key_id              text UNIQUE,
    icon_id             bigint,                         -- attachment
    creation_date       timestamptz NOT NULL DEFAULT now(),
    last_fetch_date     timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX actor_handle ON actor (lower(preferred_username), domain);
CREATE INDEX actor_domain ON actor (domain, id);
ALTER TABLE domain ADD FOREIGN KEY (service_actor_id) REFERENCES actor (id) ON DELETE SET NULL;

CREATE TABLE account (
    id                  bigserial PRIMARY KEY,
    actor_id            bigint NOT NULL UNIQUE REFERENCES actor (id),
    username            text NOT NULL,
    email               text NOT NULL,
    email_verified      boolean NOT NULL DEFAULT false,
    password            text NOT NULL,                  -- argon2id, or Django's pbkdf2_sha256 until the next login
    secret_key          uuid NOT NULL DEFAULT gen_random_uuid(),  -- renewed with the password: old listen tokens die
    subsonic_password   bytea,                          -- encrypted with the server's key
    is_active           boolean NOT NULL DEFAULT true,
    is_staff            boolean NOT NULL DEFAULT false,
    is_superuser        boolean NOT NULL DEFAULT false,
    permissions         text[] NOT NULL DEFAULT '{}',   -- moderation, library, settings
    privacy_level       text NOT NULL DEFAULT 'instance'
                        CHECK (privacy_level IN ('me', 'followers', 'instance', 'everyone')),
    upload_quota        integer,                        -- megabytes of 10^6 bytes; null: the pod's default
    settings            jsonb NOT NULL DEFAULT '{}',    -- the web app's own
    date_joined         timestamptz NOT NULL DEFAULT now(),
    last_activity       timestamptz,
    instance_support_message_display_date  timestamptz,
    funkwhale_support_message_display_date timestamptz,
    invitation_id       bigint
);
CREATE UNIQUE INDEX account_username ON account (lower(username));
CREATE UNIQUE INDEX account_email ON account (lower(email)) WHERE email <> '';

CREATE TABLE invitation (
    id                  bigserial PRIMARY KEY,
    owner_id            bigint NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    code                text NOT NULL,
    creation_date       timestamptz NOT NULL DEFAULT now(),
    expiration_date     timestamptz NOT NULL
);
CREATE UNIQUE INDEX invitation_code ON invitation (lower(code));
ALTER TABLE account ADD FOREIGN KEY (invitation_id) REFERENCES invitation (id) ON DELETE SET NULL;

-- Browser sessions.  Only a digest of the cookie is kept.
CREATE TABLE session (
    digest              bytea PRIMARY KEY,              -- SHA-256 of the cookie's value
    account_id          bigint REFERENCES account (id) ON DELETE CASCADE,  -- null: an anonymous radio listener
    created             timestamptz NOT NULL DEFAULT now(),
    expires             timestamptz NOT NULL
);
CREATE INDEX session_account ON session (account_id);
CREATE INDEX session_expires ON session (expires);

-- The right to create the first administrator, once.
CREATE TABLE setup_token (
    digest              bytea PRIMARY KEY,
    created             timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE application (
    id                  bigserial PRIMARY KEY,
    client_id           text NOT NULL UNIQUE,
    client_secret       text NOT NULL,                  -- hashed
    account_id          bigint REFERENCES account (id) ON DELETE CASCADE,  -- who made it; null: a program without login
    name                text NOT NULL,
    redirect_uris       text NOT NULL DEFAULT '',
    scopes              text NOT NULL DEFAULT 'read',
    token               text UNIQUE,                    -- the personal token, shown to its owner
    created             timestamptz NOT NULL DEFAULT now(),
    updated             timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX application_account ON application (account_id, id);

CREATE TABLE oauth_code (
    digest              bytea PRIMARY KEY,
    application_id      bigint NOT NULL REFERENCES application (id) ON DELETE CASCADE,
    account_id          bigint NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    redirect_uri        text NOT NULL,
    scopes              text NOT NULL,
    challenge           text,                           -- PKCE
    challenge_method    text,
    expires             timestamptz NOT NULL
);

-- One row per pair of access and refresh token; a family is all that came from one code.
CREATE TABLE oauth_token (
    id                  bigserial PRIMARY KEY,
    family              uuid NOT NULL,
    application_id      bigint NOT NULL REFERENCES application (id) ON DELETE CASCADE,
    account_id          bigint NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    scopes              text NOT NULL,
    access_digest       bytea NOT NULL UNIQUE,
    access_expires      timestamptz NOT NULL,
    refresh_digest      bytea UNIQUE,
    refresh_expires     timestamptz,
    replaced            boolean NOT NULL DEFAULT false,
    created             timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX oauth_token_account ON oauth_token (account_id, application_id);
CREATE INDEX oauth_token_expires ON oauth_token (access_expires);

-- What moderators decided about a server or an actor.
CREATE TABLE instance_policy (
    id                  bigserial PRIMARY KEY,
    uuid                uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    actor_id            bigint NOT NULL REFERENCES actor (id),  -- who decided
    target_domain       text UNIQUE REFERENCES domain (name) ON DELETE CASCADE,
    target_actor_id     bigint UNIQUE REFERENCES actor (id) ON DELETE CASCADE,
    creation_date       timestamptz NOT NULL DEFAULT now(),
    summary             text,
    is_active           boolean NOT NULL DEFAULT true,
    block_all           boolean NOT NULL DEFAULT false,
    silence_activity    boolean NOT NULL DEFAULT false,
    silence_notifications boolean NOT NULL DEFAULT false,
    reject_media        boolean NOT NULL DEFAULT false,
    CHECK ((target_domain IS NULL) <> (target_actor_id IS NULL))
);

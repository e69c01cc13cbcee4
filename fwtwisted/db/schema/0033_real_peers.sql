-- What servers of other programs turned out to need, when they were tried.

-- The key, PEM, that an actor had until it was replaced: what tells of the new one is signed by it.
-- Null: signed by the key that the actor has.
ALTER TABLE outgoing ADD COLUMN former_key text;

-- When what a channel published last became another; null: it is as it was published.
ALTER TABLE upload ADD COLUMN edited timestamptz;

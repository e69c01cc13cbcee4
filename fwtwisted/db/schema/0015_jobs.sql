-- A job whose holder fell silent was neither done nor handed back.  One that silences every holder must end.
ALTER TABLE job
    ADD COLUMN held boolean NOT NULL DEFAULT false,     -- claimed, and nobody has spoken about it since
    ADD COLUMN lapses integer NOT NULL DEFAULT 0;       -- how often a claim ended without a word

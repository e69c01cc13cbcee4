-- An import looks tracks up by their artist and words.
CREATE INDEX track_exact ON track (artist_id, lower(title));

-- What is due to be removed from the store.
CREATE INDEX doomed_file_due ON doomed_file (doomed);
COMMENT ON COLUMN doomed_file.doomed IS
    'from when on it may be removed; in the future while the transaction that will name the file is still to come';

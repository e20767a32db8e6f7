-- For each question that is asked of the ledger, so that its answer takes as long as the workspace is large.
-- They change no form of it: a studio that does not know them works as before.
CREATE INDEX IF NOT EXISTS versions_top_run ON studio_sync.versions (top, run);
DROP INDEX IF EXISTS studio_sync.versions_top;
CREATE INDEX IF NOT EXISTS notes_run ON studio_sync.notes (run);
-- Names may be longer than an ordered index takes.
CREATE INDEX IF NOT EXISTS versions_slot ON studio_sync.versions USING hash (slot) WHERE parent = '';
CREATE INDEX IF NOT EXISTS runs_git_commit ON studio_sync.runs (git_commit) WHERE git_commit IS NOT NULL;

-- The sessions of `wanted.sql`, and two versions of each in the ledger, in 200 runs of each client.
-- Their texts are short: what is measured is what a question costs among so many rows.
INSERT INTO sessions (id, chapter_id, number, title, order_index)
SELECT session_id, chapter_id, number || '.' || (m % 20 + 1), 'Session ' || m, m % 20 FROM wanted;

INSERT INTO articles (session_id, content, word_count) SELECT session_id, 'Words of others.', 3 FROM wanted;

INSERT INTO studio_sync.runs (id, at, actor, source, git_commit)
SELECT md5('run ' || k || ' ' || g)::uuid, now() - interval '1 year' + g * interval '1 hour', 'other', 'push',
       md5(k || ' ' || g) || left(md5(g::text), 8)
FROM generate_series(1, :clients) AS k, generate_series(0, 199) AS g;

-- The trigger that numbers versions looks at each by itself: in bulk the numbers are given here.
ALTER TABLE studio_sync.versions DISABLE TRIGGER USER;
INSERT INTO studio_sync.versions (entry, run, top, kind, rid, number, row_id, parent, slot, digests, document)
SELECT gen_random_uuid(), md5('run ' || k || ' ' || (m % 100 + 100 * (n - 1)))::uuid, client_id, 'session',
       session_id::text, n, session_id, chapter_id::text, number || '.' || (m % 20 + 1),
       decode(repeat(md5(m::text), 4), 'hex'), json_build_object('title', 'Session ' || m)
FROM wanted, generate_series(1, 2) AS n;
ALTER TABLE studio_sync.versions ENABLE TRIGGER USER;

ANALYZE;

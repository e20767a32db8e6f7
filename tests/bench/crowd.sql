-- 1,000,000 sessions of 100 other clients, and 2,000,000 versions of them in the ledger, in 20,000 runs.
-- Their texts are short: what is measured is what a question costs among so many rows.
SET synchronous_commit = off;
SET maintenance_work_mem = '512MB';

CREATE TEMP TABLE wanted AS
SELECT k, m, m / 20 AS chapter, m / 1000 AS program, md5('client ' || k)::uuid AS client_id,
       md5('program ' || k || ' ' || m / 1000)::uuid AS program_id,
       md5('chapter ' || k || ' ' || m / 20)::uuid AS chapter_id,
       md5('session ' || k || ' ' || m)::uuid AS session_id
FROM generate_series(1, :clients) AS k, generate_series(0, 9999) AS m;

INSERT INTO clients (id, name, slug)
SELECT DISTINCT client_id, 'Other client ' || k, 'other-' || k FROM wanted;

INSERT INTO programs (id, client_id, name, slug)
SELECT DISTINCT program_id, client_id, 'Program ' || program, 'program-' || program FROM wanted;

INSERT INTO chapters (id, program_id, number, title, order_index)
SELECT DISTINCT chapter_id, program_id, chapter % 50 + 1, 'Chapter ' || chapter, chapter % 50 FROM wanted;

INSERT INTO sessions (id, chapter_id, number, title, order_index)
SELECT session_id, chapter_id, (chapter % 50 + 1) || '.' || (m % 20 + 1), 'Session ' || m, m % 20 FROM wanted;

INSERT INTO articles (session_id, content, word_count) SELECT session_id, 'Words of others.', 3 FROM wanted;

INSERT INTO studio_sync.runs (id, at, actor, source, git_commit)
SELECT md5('run ' || k || ' ' || g)::uuid, now() - interval '1 year' + g * interval '1 hour', 'other', 'push',
       md5(k || ' ' || g) || left(md5(g::text), 8)
FROM generate_series(1, :clients) AS k, generate_series(0, 199) AS g;

-- The trigger that numbers versions looks at each by itself: in bulk the numbers are given here.
ALTER TABLE studio_sync.versions DISABLE TRIGGER USER;
INSERT INTO studio_sync.versions (entry, run, top, kind, rid, number, row_id, parent, slot, digests, document)
SELECT gen_random_uuid(), md5('run ' || k || ' ' || (m % 100 + 100 * (n - 1)))::uuid, client_id, 'session',
       session_id::text, n, session_id, chapter_id::text, (chapter % 50 + 1) || '.' || (m % 20 + 1),
       decode(repeat(md5(m::text), 4), 'hex'), json_build_object('title', 'Session ' || m)
FROM wanted, generate_series(1, 2) AS n;
ALTER TABLE studio_sync.versions ENABLE TRIGGER USER;

ANALYZE;

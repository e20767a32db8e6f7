-- :clients other clients with :sessions sessions each, :program of them in a program and 20 in a chapter:
-- the rows down to chapters, and `wanted`, from which sessions are made.
CREATE TEMP TABLE wanted AS
SELECT k, m, m / 20 AS chapter, m / :program AS program, m / 20 % (:program / 20) + 1 AS number,
       md5('client ' || k)::uuid AS client_id,
       md5('program ' || k || ' ' || m / :program)::uuid AS program_id,
       md5('chapter ' || k || ' ' || m / 20)::uuid AS chapter_id,
       md5('session ' || k || ' ' || m)::uuid AS session_id
FROM generate_series(1, :clients) AS k, generate_series(0, :sessions - 1) AS m;

INSERT INTO clients (id, name, slug)
SELECT DISTINCT client_id, 'Other client ' || k, 'other-' || k FROM wanted;

INSERT INTO programs (id, client_id, name, slug)
SELECT DISTINCT program_id, client_id, 'Program ' || program, 'program-' || program FROM wanted;

INSERT INTO chapters (id, program_id, number, title, order_index)
SELECT DISTINCT chapter_id, program_id, number, 'Chapter ' || chapter, number - 1 FROM wanted;

-- K clients with M sessions each that are no business of the workspace, as long-lived rows of the same
-- database. Their texts are as long as the tree's, and as hard to compress.
CREATE TEMP TABLE filling AS
SELECT left(string_agg(md5(n::text), ' '), 9400) AS article,
       left(string_agg(md5(n::text), ' '), 3750) AS script,
       left(string_agg(md5(n::text), ' '), 1500) AS description,
       left(string_agg(md5(n::text), ' '), 400) AS option
FROM generate_series(1, 300) AS n;

CREATE TEMP TABLE wanted AS
SELECT k, m, (m - 1) / 20 AS chapter, (m - 1) / 200 AS program,
       md5('client ' || k)::uuid AS client_id,
       md5('program ' || k || ' ' || (m - 1) / 200)::uuid AS program_id,
       md5('chapter ' || k || ' ' || (m - 1) / 20)::uuid AS chapter_id,
       md5('session ' || k || ' ' || m)::uuid AS session_id
FROM generate_series(1, :clients) AS k, generate_series(1, :sessions) AS m;

INSERT INTO clients (id, name, slug)
SELECT DISTINCT client_id, 'Other client ' || k, 'other-' || k FROM wanted;

INSERT INTO programs (id, client_id, name, slug)
SELECT DISTINCT program_id, client_id, 'Program ' || program, 'program-' || program FROM wanted;

INSERT INTO chapters (id, program_id, number, title, order_index)
SELECT DISTINCT chapter_id, program_id, chapter % 10 + 1, 'Chapter ' || chapter, chapter % 10 FROM wanted;

INSERT INTO sessions (id, chapter_id, number, title, description, learning_objectives, order_index)
SELECT session_id, chapter_id, (chapter % 10 + 1) || '.' || ((m - 1) % 20 + 1), 'Session ' || m, option,
       jsonb_build_array(option), (m - 1) % 20
FROM wanted, filling;

INSERT INTO articles (session_id, content, word_count) SELECT session_id, article, 285 FROM wanted, filling;

INSERT INTO videos (session_id, script, word_count) SELECT session_id, script, 114 FROM wanted, filling;

INSERT INTO quizzes (session_id, questions)
SELECT session_id, jsonb_build_array(question, question, question, question)
FROM wanted, filling, jsonb_build_object('question', option, 'explanation', option) AS question;

INSERT INTO exercises (session_id, exercise_type, title, description, ai_mentor)
SELECT session_id, 'REFLECTION', 'Exercise', description, jsonb_build_object('role', option)
FROM wanted, filling;

ANALYZE clients, programs, chapters, sessions, articles, videos, quizzes, exercises;

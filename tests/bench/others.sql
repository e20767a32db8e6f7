-- The sessions of `wanted.sql`, as long-lived rows of the same database that are no business of the workspace.
-- Their texts are as long as the tree's, and as hard to compress.
CREATE TEMP TABLE filling AS
SELECT left(string_agg(md5(n::text), ' '), 9400) AS article,
       left(string_agg(md5(n::text), ' '), 3750) AS script,
       left(string_agg(md5(n::text), ' '), 1500) AS description,
       left(string_agg(md5(n::text), ' '), 400) AS option
FROM generate_series(1, 300) AS n;

INSERT INTO sessions (id, chapter_id, number, title, description, learning_objectives, order_index)
SELECT session_id, chapter_id, number || '.' || (m % 20 + 1), 'Session ' || m, option,
       jsonb_build_array(option), m % 20
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

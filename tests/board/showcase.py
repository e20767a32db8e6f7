"""Rows in all states, and with what people put into titles: what the board is looked at with."""

from tests.harness import Desk

LONG = "Everything that a leader of a ward needs to know before the first conversation " * 3
TITLES = (
    "Why leaders listen",
    "</script><script>alert(1)</script><b>bold</b>",
    "שלום, מנהיגים \u202eevil",
    "Zuhören 👩🏽‍⚕️ & “quoting” 'it' \"all\"",
    LONG.strip(),
    "聴く力を育てる",
    "{{ 7 * 7 }} {% raw %} ]]> -->",
    "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverordnung" * 2,
)
SESSION = ("draft", "content_created", "approved", "published")
CONTENT = ("draft", "review", "approved")


def fill(desk: Desk, sessions: int = 40) -> None:
    """Two clients, three programs and so many sessions, in all states."""
    desk.sql(
        "INSERT INTO clients (name, slug) VALUES ('Acme Bank', 'acme-bank'), ('Corvia <Health>', 'corvia')"
    )
    for n, (client, status) in enumerate(
        [("acme-bank", "in_progress"), ("corvia", "review"), ("corvia", "draft")]
    ):
        desk.sql(
            "INSERT INTO programs (client_id, name, slug, status) SELECT id, %s, %s, %s FROM clients"
            " WHERE slug = %s",
            ("Leading with trust", "Handover that holds", "Nothing yet")[n], f"program-{n}", status, client,
        )  # fmt: skip
    for n in range(sessions):
        program, chapter = f"program-{n % 2}", n // 2 // 5 + 1
        desk.sql(
            "INSERT INTO chapters (program_id, number, title, order_index)"
            " SELECT id, %s, %s, %s FROM programs WHERE slug = %s ON CONFLICT DO NOTHING",
            chapter, f"Chapter of <i>{chapter}</i>", chapter, program,
        )  # fmt: skip
        ((own,),) = desk.sql(
            "INSERT INTO sessions (chapter_id, number, title, order_index, status, estimated_minutes)"
            " SELECT c.id, %s, %s, %s, %s, %s FROM chapters AS c JOIN programs AS p ON p.id = c.program_id"
            " WHERE p.slug = %s AND c.number = %s RETURNING id",
            f"{chapter}.{n // 2 % 5 + 1}", TITLES[n % 8], n, SESSION[n % 4],
            None if n % 7 == 6 else 5 + n % 20, program, chapter,
        )  # fmt: skip
        states = [CONTENT[(n + i) % 3] if n % 4 < 2 else "approved" for i in range(4)]
        if n % 5 != 4:
            desk.sql(
                "INSERT INTO articles (session_id, content, word_count, status) VALUES (%s, %s, %s, %s)",
                own, "word " * (200 + n), None if n % 3 else 200 + n, states[0],
            )  # fmt: skip
        if n % 6 != 3:
            desk.sql(
                "INSERT INTO videos (session_id, script, word_count, status) VALUES (%s, 'x', %s, %s)",
                own, 80 + n, states[1],
            )  # fmt: skip
        desk.sql(
            "INSERT INTO quizzes (session_id, questions, status) VALUES (%s, %s, %s)",
            own, '[{"question": "Who?"}]', states[2] if n != 9 else "weird state",
        )  # fmt: skip
        if n % 8 != 5:
            desk.sql(
                "INSERT INTO exercises (session_id, exercise_type, title, description, ai_mentor, status)"
                " VALUES (%s, 'REFLECTION', 'T', 'D', '{}', %s)",
                own, states[3],
            )  # fmt: skip


def fill_many(desk: Desk, programs: int = 34, sessions: int = 2_000) -> None:
    """So many programs with six chapters each, and at least so many sessions with their contents."""
    each = -(-sessions // (programs * 6))
    desk.sql(
        "INSERT INTO clients (name, slug)"
        " SELECT 'Client ' || n, 'client-' || n FROM generate_series(1, 3) AS n"
    )
    desk.sql(
        "INSERT INTO programs (client_id, name, slug, status)"
        " SELECT c.id, 'Program ' || n || ' that holds', 'program-' || n,"
        " (ARRAY['draft', 'in_progress', 'review', 'published'])[n %% 4 + 1]"
        " FROM generate_series(1, %s) AS n JOIN clients AS c ON c.slug = 'client-' || n %% 3 + 1",
        programs,
    )
    desk.sql(
        "INSERT INTO chapters (program_id, number, title, order_index)"
        " SELECT id, n, 'Chapter ' || n, n FROM programs, generate_series(1, 6) AS n"
    )
    desk.sql(
        "INSERT INTO sessions (chapter_id, number, title, order_index, status, estimated_minutes)"
        " SELECT id, number || '.' || n, 'What a ward does at night, part ' || n, n,"
        " (ARRAY['draft', 'content_created', 'approved', 'published'])[(n + number) %% 4 + 1], 10 + n"
        " FROM chapters, generate_series(1, %s) AS n",
        each,
    )
    desk.sql(
        "INSERT INTO articles (session_id, content, word_count, status) SELECT id, 'Two words.', 2,"
        " (ARRAY['draft', 'review', 'approved'])[order_index % 3 + 1] FROM sessions"
    )
    desk.sql(
        "INSERT INTO videos (session_id, script, word_count, status)"
        " SELECT id, 'Two words.', 2, 'approved' FROM sessions WHERE order_index % 3 > 0"
    )
    desk.sql(
        "INSERT INTO quizzes (session_id, questions, status)"
        """ SELECT id, '[{"question": "Who?"}]', 'review' FROM sessions"""
    )
    desk.sql(
        "INSERT INTO exercises (session_id, exercise_type, title, description, ai_mentor, status)"
        " SELECT id, 'REFLECTION', 'T', 'D', '{}', 'draft' FROM sessions"
    )

"""The ten kinds of records. A new kind is one declaration here and one schema file in schemas/."""

from studio_sync.core.values.kind import STATUS, Field, FieldPlace, Kind, Kinds, Naming, Need, Slot, Type

_PROGRAM_FLOW = ("draft", "in_progress", "review", "published")
_SESSION_FLOW = ("draft", "content_created", "approved", "published")
_CONTENT_FLOW = ("draft", "review", "approved")
_CONTENTS = ("article", "video", "quiz", "exercise")


def _status(flow: tuple[str, ...]) -> Field:
    return Field(name=STATUS, default=flow[0], always=True)


CLIENT = Kind(
    name="client",
    table="clients",
    heading="name",
    file="client.md",
    slot=Slot(column="slug", naming=Naming.FOLDER),
    identified=True,
    fields=(
        Field(name="name", required=True),
        Field(name="industry"),
        Field(name="contact_email"),
        Field(name="notes", place=FieldPlace.BODY),
    ),
)

CLIENT_KNOWLEDGE = Kind(
    name="client_knowledge",
    table="client_knowledge",
    word="knowledge",
    file="knowledge/*.yaml",
    parent="client",
    parent_column="client_id",
    slot=Slot(
        column="type",
        naming=Naming.FILE,
        known=("business_context", "terminology", "brand_voice"),
        terms="terminology",
    ),
    fields=(Field(name="content", type=Type.JSON, required=True, place=FieldPlace.WHOLE),),
    versioned=True,
)

PROGRAM = Kind(
    name="program",
    table="programs",
    heading="name",
    file="program.md",
    parent="client",
    parent_column="client_id",
    slot=Slot(column="slug", naming=Naming.FOLDER),
    identified=True,
    fields=(
        Field(name="name", required=True, shown=True),
        Field(name="language", default="en", language=True),
        _status(_PROGRAM_FLOW),
        Field(name="estimated_hours", type=Type.DECIMAL, digits=4, scale=1),
        Field(name="description", place=FieldPlace.BODY, shown=True),
    ),
    flow=_PROGRAM_FLOW,
    locked=("published",),
    needs={
        "review": (Need(of=("session",), status="content_created"),),
        "published": (Need(of=("session",), status="published"),),
    },
    total=("total_sessions", "session"),
)

PROGRAM_KNOWLEDGE = Kind(
    name="program_knowledge",
    table="program_knowledge",
    word="knowledge",
    heading="title",
    file="knowledge/*.md",
    parent="program",
    parent_column="program_id",
    slot=Slot(
        column="type",
        naming=Naming.FILE,
        known=("brief", "topic_research", "path_recommendations", "program_matrix"),
    ),
    fields=(
        Field(name="title"),
        Field(name="content_format", default="markdown"),
        Field(name="content", required=True, place=FieldPlace.BODY, format="content_format"),
    ),
    versioned=True,
)

CHAPTER = Kind(
    name="chapter",
    table="chapters",
    heading="title",
    file="chapter.md",
    parent="program",
    parent_column="program_id",
    slot=Slot(column="number", naming=Naming.NUMBERED, type=Type.INTEGER, pad=2, title="title"),
    identified=True,
    fields=(
        Field(name="title", required=True, shown=True),
        Field(name="subtitle", shown=True),
        Field(name="order_index", type=Type.INTEGER, loose=True),
        Field(name="description", place=FieldPlace.BODY, shown=True),
    ),
)

SESSION = Kind(
    name="session",
    table="sessions",
    heading="title",
    file="session.md",
    parent="chapter",
    parent_column="chapter_id",
    slot=Slot(column="number", naming=Naming.NUMBERED, title="title"),
    identified=True,
    fields=(
        Field(name="title", required=True, shown=True),
        Field(name="hook", shown=True),
        Field(name="wiifm", shown=True),
        Field(name="learning_objectives", type=Type.JSON, shown=True),
        Field(name="estimated_minutes", type=Type.INTEGER, default=10),
        Field(name="order_index", type=Type.INTEGER, loose=True),
        _status(_SESSION_FLOW),
        Field(name="description", place=FieldPlace.BODY, shown=True),
    ),
    flow=_SESSION_FLOW,
    locked=("approved", "published"),
    needs={
        "content_created": (Need(of=_CONTENTS),),
        "approved": (Need(of=_CONTENTS, status="approved"),),
    },
    minutes="estimated_minutes",
)

ARTICLE = Kind(
    name="article",
    table="articles",
    file="article.md",
    parent="session",
    parent_column="session_id",
    fields=(
        _status(_CONTENT_FLOW),
        Field(name="sources", type=Type.JSON),
        Field(name="content", required=True, place=FieldPlace.BODY, shown=True),
    ),
    flow=_CONTENT_FLOW,
    locked=("approved",),
    words={"word_count": "content"},
)

VIDEO = Kind(
    name="video",
    table="videos",
    file="video.md",
    parent="session",
    parent_column="session_id",
    fields=(
        _status(_CONTENT_FLOW),
        Field(name="estimated_duration"),
        Field(name="script", required=True, place=FieldPlace.BODY, shown=True, spoken=True),
    ),
    flow=_CONTENT_FLOW,
    locked=("approved",),
    words={"word_count": "script"},
)

QUIZ = Kind(
    name="quiz",
    table="quizzes",
    file="quiz.yaml",
    parent="session",
    parent_column="session_id",
    fields=(
        _status(_CONTENT_FLOW),
        Field(name="questions", type=Type.JSON, required=True, shown=True, questions=True),
        Field(name="metadata", type=Type.JSON),
    ),
    flow=_CONTENT_FLOW,
    locked=("approved",),
)

EXERCISE = Kind(
    name="exercise",
    table="exercises",
    heading="title",
    file="exercise.md",
    parent="session",
    parent_column="session_id",
    fields=(
        _status(_CONTENT_FLOW),
        Field(name="exercise_type", required=True),
        Field(name="complexity", default="basic"),
        Field(name="title", required=True, shown=True),
        Field(name="scenario", type=Type.JSON, shown=True),
        Field(name="learning_anchor", type=Type.JSON),
        Field(
            name="ai_mentor",
            type=Type.JSON,
            required=True,
            tells=("instructions", "prompts"),
            opening="opening",
        ),
        Field(name="success_criteria", type=Type.JSON, shown=True),
        Field(name="evaluation", type=Type.JSON),
        Field(name="estimated_minutes", type=Type.INTEGER, default=15),
        Field(name="description", required=True, place=FieldPlace.BODY, shown=True),
    ),
    flow=_CONTENT_FLOW,
    locked=("approved",),
)

ALL_KINDS = (
    CLIENT,
    CLIENT_KNOWLEDGE,
    PROGRAM,
    PROGRAM_KNOWLEDGE,
    CHAPTER,
    SESSION,
    ARTICLE,
    VIDEO,
    QUIZ,
    EXERCISE,
)

KINDS = Kinds(ALL_KINDS)

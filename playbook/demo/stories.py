"""The demonstration's proposals: who proposed what to whom, what was said of it, and how it ended. Our own fiction."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Said:
    """One event on a proposal, so many days before today; `quote` is the text a comment is about, `answers` the number
    (from 0) of the comment it answers."""

    days: float
    who: str
    word: str
    text: str = ""
    quote: str = ""
    answers: int | None = None
    words: str = ""
    """New words to say, for a revision."""


@dataclass(frozen=True)
class Story:
    """One proposal. `card` is a path; `words` become its words to say, `fields` are set at its top, `swaps` replace
    text in files (path, old, new), `new` is the text of a new file; none of them makes a note.

    A card that a merged one changes said something else before (see TRAINING): the merge brings today's words.
    """

    id: str
    title: str
    card: str
    who: str
    days: float
    text: str = ""
    why: str = ""
    kind: str = "edit"
    words: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    swaps: tuple[tuple[str, str, str], ...] = ()
    new: str = ""
    said: tuple[Said, ...] = ()
    merged: float | None = None
    plain: bool = False
    """Whether it was pushed with git alone, without a word of ours in the commit."""
    lane: str = ""
    """The way by which it became main, where that was not the rules' own."""


# Nine days ago Daniel put wording from the spring training on main. Most of it was put right by proposals, one by a push
# to main that nobody reviewed, and one proposal from those days now collides with what main says.
TRAINING_DAYS = 9.2
WELCOME_DAYS = 1.4
TRAINING = {
    "content/objections/not-now.md": "Of course. When should I call you again?",
    "content/objections/price-too-high.md": "Quality has its price, and our customers see it that way too.",
    "content/battlecards/rutero.md": "Rutero is for people who do not mind who drives where.",
    "content/objections/drivers-wont-use-it.md": "They get used to it; everybody does in the end.",
}
# What it changed of a card beside its words to say: path, today's text, what stood there.
TRAINING_TURNS = {"content/stages/discovery/message.md": ("Leave the ugly parts in", "Leave the ugly bits in")}
TRAINING_WHY = (
    "Bring our answers in line with the spring training\n\nThe trainer's wording, so that we all practise the same."
)
PUSHED = "content/objections/drivers-wont-use-it.md"
PUSHED_DAYS = 0.8
PUSHED_WHY = "Put the drivers' answer back\n\nThe trainer's line cost us a depot on Tuesday. Fixing it right away."

STORIES = (
    Story(
        "not-now-answer-k4ma7q",
        "Say it better: Not now, call me next quarter",
        "content/objections/not-now.md",
        "lukas",
        8.1,
        words="=today",
        why="“When should I call again” ended nine calls out of ten on the spot.",
        said=(
            Said(7.6, "marta", "comment", "Does the fifteen minutes scare them off?", quote="fifteen minutes"),
            Said(
                7.4, "lukas", "comment", "Less than open-ended. They ask what for, and then we are talking.", answers=0
            ),
            Said(1.3, "ines", "approve", "Good: it asks for a decision instead of a date."),
        ),
        merged=1.3,
    ),
    Story(
        "price-answer-b6xq2d",
        "Say it better: It costs more than what we have",
        "content/objections/price-too-high.md",
        "joana",
        6.2,
        words="=today",
        why="“Quality has its price” made two CFOs laugh. A sum does not.",
        said=(Said(1.15, "ines", "approve", "The figure is the finance review's; approved."),),
        merged=1.15,
    ),
    # Five words or fewer, so one key of marketing was enough where else each side gives one.
    Story(
        "discovery-ugly-parts-j3vd7t",
        "Say it as one says it: Discovery",
        "content/stages/discovery/message.md",
        "tom",
        1.6,
        words="=today",
        why="“Ugly bits” is said on a stage, “ugly parts” on the phone.",
        said=(Said(1.1, "marta", "approve", "Yes, that is how it is said."),),
        merged=1.1,
        lane="fast",
    ),
    # Forced: it needed a key of marketing's, and nobody there could be reached.
    Story(
        "rutero-who-gets-which-stops-y6kc4n",
        "Say it better: Rutero",
        "content/battlecards/rutero.md",
        "tom",
        2.4,
        words="=today",
        why="“People who do not mind” is what the buyer calls himself then. Say what each of us does instead.",
        said=(
            Said(
                0.95,
                "daniel",
                "override",
                "A wholesaler decides tonight and marketing is at the fair; change it afterwards if you must.",
            ),
        ),
        merged=0.95,
        lane="override",
    ),
    # Collides with what Joana's brought to main.
    Story(
        "price-answer-three-years-w2tj5a",
        "Say it better: It costs more than what we have",
        "content/objections/price-too-high.md",
        "rui",
        8.6,
        words="Put three years side by side, theirs and ours, with the trackers in: then we can talk about price.",
        why="At renewals they compare a month; over three years the boxes in the vans turn it round.",
        said=(Said(6.4, "tom", "comment", "I use this at renewals too. Not on a first call, though."),),
    ),
    Story(
        "rutero-split-orders-h7dn3e",
        "Say it better: Rutero is cheaper",
        "content/objections/rutero-is-cheaper.md",
        "tom",
        3.4,
        words="Rutero orders one van's stops well. We decide which van takes which stop, for all vans, and record every return.",
        why="Buyers do not hear “plan all vans together”. Which van takes which stop is what their evening is about.",
        said=(
            Said(
                2.9, "marta", "comment", "Twenty words more than before. Can it lose half?", quote="Rutero orders one"
            ),
            Said(
                1.2,
                "tom",
                "comment",
                "Tried it short on Thursday: they asked what we mean. This they understood.",
                answers=0,
            ),
        ),
    ),
    # Two at once on one card.
    Story(
        "rutero-ten-vans-c5vz3k",
        "Say it better: Rutero is cheaper",
        "content/objections/rutero-is-cheaper.md",
        "lukas",
        0.6,
        words="Under ten vans, take Rutero. From ten on somebody has to split the orders, and that is what we do.",
        why="Saying when they should not buy got me three second meetings.",
    ),
    Story(
        "data-security-note-m3qf6s",
        "Note: Data security",
        "content/objections/data-security.md",
        "joana",
        4.1,
        text="IT asks where the backups are, every time, and the card does not say. I read it out of a mail from August.",
        kind="note",
        said=(Said(2.0, "rui", "comment", "Same here. Two deals this month waited a day for that sentence."),),
    ),
    Story(
        "ai-does-the-planning-t6rw4y",
        "New: Can't an AI do that now",
        "content/objections/ai-does-that-now.md",
        "lukas",
        1.4,
        kind="new",
        why="Heard on four first calls in two weeks, and a search for it finds nothing.",
        new=(
            "---\ntitle: Can't an AI do that now\nkind: objection\n"
            "aliases: [chatgpt can plan our routes, we will use ai for that, ai does that for free]\n"
            "stages: [prospecting, discovery]\npersonas: [operations-director, managing-director]\nproducts: [core]\n"
            "category: need\nowner: lukas@farrowline.example\n---\n# Can't an AI do that now\n\n## They say\n"
            "> My nephew plans trips with ChatGPT.\n\n> Isn't that what AI is for?\n\n## Acknowledge\n"
            "It is good at talking about routes, I use it too.\n\n## Ask\n"
            "Would you send forty vans out on an answer nobody can check?\n\n## Answer\n"
            "Ours is a calculation: give it the same orders twice and you get the same plan, within every time window.\n\n"
            "## Proof\nTallis Foodservice, 130 vans: same plan from the same orders, checked by their planner for two weeks\n"
            "(project log, 2026-06-19).\n\n## Next step\nTheir last Friday through both, side by side.\n"
        ),
    ),
    Story(
        "need-a-discount-shorter-p3jc2n",
        "Say it better: They want a discount",
        "content/objections/need-a-discount.md",
        "rui",
        2.6,
        words="There is no discount, there is a smaller start: one depot, twelve months, and you grow when it pays.",
        why="The present one sounds like a no. This is the same no with a door in it.",
        said=(
            Said(
                1.9,
                "ines",
                "request-changes",
                "Twelve months on one depot is not something the pricing desk sells. Ask them, then I approve it at once.",
            ),
            # One yes and one no: that is for the heads.
            Said(1.2, "pricing", "approve", "We sell it since October, to ten depots by now. The sentence is right."),
        ),
    ),
    # Put right by marketing, and its author stands by it.
    Story(
        "spreadsheets-evenings-f4ue7b",
        "Say it better: Spreadsheets and the whiteboard",
        "content/battlecards/spreadsheets.md",
        "joana",
        2.2,
        words="Then somebody of yours knows every street. What happens to it on the evening they are ill?",
        why="The old opening sounded as if we laughed at the spreadsheet.",
        said=(
            Said(
                1.1,
                "marta",
                "revise",
                "“On the evening” is when it hurts.",
                words="Then somebody of yours knows every street. Who plans on the evening they are ill?",
            ),
            Said(0.7, "joana", "acknowledge", "Shorter, and still mine."),
        ),
    ),
    Story(
        "thirty-eight-a-van-z6hy7m",
        "State the price once, the same everywhere",
        "content/stages/negotiation/message.md",
        "priya",
        1.8,
        kind="edit",
        why="Three cards say the price in three ways; procurement put two of them next to each other.",
        swaps=(
            ("content/objections/rutero-is-cheaper.md", "EUR 846", "EUR 846 (EUR 38 per van per month)"),
            (
                "content/battlecards/spreadsheets.md",
                "Notes from first calls",
                "Price: EUR 38 per van per month. Notes from first calls",
            ),
        ),
    ),
    Story(
        "planner-retiring-retire-v3ka5r",
        "Retire: Our planner retires soon",
        "content/objections/planner-retiring.md",
        "marta",
        2.9,
        kind="retire",
        fields=(("status", "retired"),),
        why="Nobody has heard it since spring; “the planner knows it all” says the same better.",
    ),
    Story(
        "send-me-an-email-verify-d5ns4w",
        "Verify: Send me an email",
        "content/objections/send-me-an-email.md",
        "tom",
        0.3,
        kind="verify",
        fields=(("verified", "=today"), ("verified_by", "tom@farrowline.example")),
        why="Said it eleven times this week as it stands; it works.",
    ),
    Story(
        "bad-reviews-declined-x5tq2c",
        "Say it better: We heard bad things about you",
        "content/objections/bad-reviews.md",
        "rui",
        12.4,
        words="Those reviews are from people who never called support. Ask them.",
        why="I am tired of apologising for one forum thread.",
        said=(
            Said(
                11.8,
                "ines",
                "decline",
                "We do not know that they never called, so a rep cannot say it. Asking which review they mean stays.",
            ),
        ),
    ),
    Story(
        "fixed-rounds-withdrawn-q2bm5j",
        "Say it better: Our rounds never change",
        "content/objections/fixed-rounds.md",
        "lukas",
        10.9,
        words="Fixed rounds are an agreement with your customers. We keep it and plan the rest around it.",
        why="It sounded right on the phone.",
        said=(Said(10.2, "lukas", "withdraw", "The present answer says it better; I had read an old printout."),),
    ),
    Story(
        "peak-season-parked-n7gv3x",
        "Say it better: Peak season",
        "content/objections/peak-season.md",
        "joana",
        7.3,
        words="In peak season nobody changes the plan. So let us only watch: one depot, no driver notices.",
        why="“Only watch” is what got me into Oldacre in December.",
        said=(
            Said(
                6.1, "marta", "park", "Wait for the product team: watching only needs the read-only import of January."
            ),
        ),
    ),
    Story(
        "typo-in-glossary-r4ws6p",
        "Agency drivers: say it as the planners do",
        "content/handbook/glossary.md",
        "daniel",
        0.9,
        plain=True,
        swaps=(("content/handbook/glossary.md", "who has never seen the round", "who has never driven the round"),),
    ),
)

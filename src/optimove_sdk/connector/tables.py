"""The tables of the connector, beside those of DBOS in the same database. No customer's id is in them."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

META: Final = sa.MetaData()

FLOWS: Final = sa.Table(
    "connector_flows",
    META,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("campaign", sa.Text),
    sa.Column("channel", sa.Integer),
    sa.Column("started_at", sa.Float, nullable=False),
    sa.Column("finished_at", sa.Float),
    sa.Column("clearance_by", sa.Float),
    sa.Column("repeats", sa.Integer, nullable=False, default=0),
    sa.Column("error", sa.Text),
)
"""One row for each flow, made when its notification came."""

PROGRESS: Final = sa.Table(
    "connector_progress",
    META,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("flow", sa.Text, nullable=False, index=True),
    sa.Column("template", sa.Integer),
    *(
        sa.Column(name, sa.Integer, nullable=False, default=0)
        for name in (
            "expected",
            "audience",
            "delivered",
            "failed",
            "gave_up",
            "canceled",
            "granted",
            "grants_failed",
            "grants_suppressed",
            "reported",
            "revoked",
        )
    ),
)
"""What was counted in each page and batch; written again with the same key, it is not counted twice.

``gave_up`` are those of the failed whose outcome is not known, because the vendor kept raising.
"""

GRANTS: Final = sa.Table(
    "connector_grants",
    META,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("customer", sa.Text, nullable=False, index=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("campaign", sa.Text, nullable=False),
    sa.Column("channel", sa.Integer),
    sa.Column("action", sa.Integer),
    sa.Column("promo_code", sa.Text, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
)
"""Who was granted what. ``customer`` is a digest; ``owner`` is the batch that may grant it."""

MARKS: Final = sa.Table(
    "connector_marks",
    META,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
)
"""What must be known to have happened: cancellations, and reports that must not be repeated."""

WORKERS: Final = sa.Table(
    "connector_workers",
    META,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("session", sa.Text, nullable=False),
    sa.Column("beat_at", sa.Float, nullable=False),
    sa.Column("claimed_by", sa.Text),
    sa.Column("claimed_at", sa.Float),
)
"""The workers' signs of life, by the database's own clock where it has one."""

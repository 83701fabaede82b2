"""The tables of regions: what is in the pictures and where, who and which models looked, and what was expected."""

from sqlalchemy import JSON, Float, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.library.tables import Base, BigId, UtcText


class Detection(Base):
    """One thing in a picture: a region. `x` and `y` are the centre of a box, all four parts of the upright picture.

    `source` is where it was read or who found it (`regions.RegionSource`), `model` what found it, where that is known.
    It is written with the row of its file, whose trigger notes the change.
    """

    __tablename__ = "detections"
    __table_args__ = (
        Index("ix_detections_media_id", "media_id"),
        Index("ix_detections_label", "label"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    media_id: Mapped[int] = mapped_column(ForeignKey("media_files.id", ondelete="CASCADE"))
    label: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(8))
    confidence: Mapped[float | None] = mapped_column(Float)
    x: Mapped[float] = mapped_column(Float)
    y: Mapped[float] = mapped_column(Float)
    w: Mapped[float] = mapped_column(Float)
    h: Mapped[float] = mapped_column(Float)
    source: Mapped[str] = mapped_column(String(16))
    model: Mapped[str | None] = mapped_column(Text)
    at: Mapped[str] = mapped_column(UtcText)


class RegionLook(Base):
    """That a source looked at a picture for regions, whether or not it found any, and when this was read."""

    __tablename__ = "region_looks"

    media_id: Mapped[int] = mapped_column(ForeignKey("media_files.id", ondelete="CASCADE"), primary_key=True)
    source: Mapped[str] = mapped_column(String(16), primary_key=True)
    at: Mapped[str] = mapped_column(UtcText)


class Planogram(Base):
    """How many regions with a label a person expects in a folder and below it, or among what a search finds."""

    __tablename__ = "planograms"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    folder: Mapped[str | None] = mapped_column(Text, doc="`ROOT/relative` as shown; null where `q` says which files.")
    q: Mapped[str | None] = mapped_column(Text)
    label: Mapped[str] = mapped_column(Text)
    expected: Mapped[int] = mapped_column(Integer)
    at: Mapped[str] = mapped_column(UtcText)


class RanModel(Base):
    """A model that looked at files: of which stage, what it knows, and from when to when. Its name tells its file."""

    __tablename__ = "model_versions"
    __table_args__ = (UniqueConstraint("stage", "name", name="uq_model_versions_stage_name"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    stage: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str | None] = mapped_column(String(64))
    labels: Mapped[list[str]] = mapped_column(JSON)
    first_used_at: Mapped[str] = mapped_column(UtcText)
    last_used_at: Mapped[str] = mapped_column(UtcText)


DETECTIONS: Table = Detection.__table__  # type: ignore[assignment]
LOOKS: Table = RegionLook.__table__  # type: ignore[assignment]
PLANOGRAMS: Table = Planogram.__table__  # type: ignore[assignment]
MODELS: Table = RanModel.__table__  # type: ignore[assignment]

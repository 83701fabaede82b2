"""The commands about models that look at pictures: which there are, and what the detector finds in one file."""

import typer

from app import settings
from app.analysis.recipes import Recipes
from app.cli.options import AsJson, FilePath, Roots, file, require_database, settings_here
from app.cli.terminal import err, out, plain, print_json
from app.errors import DatabaseDisabled
from app.library.library import Library
from app.models_here import ModelsHere, detector_of, models_here, weights_of
from app.texts import counted
from app.wiring import take

detecting = typer.Typer()


@detecting.command()
def detect(path: FilePath, root: Roots = None, json_: AsJson = False) -> None:
    """Run the detector on one file that the library knows, and keep what it finds in place of what it found before."""
    configured = settings_here(root)
    if not configured.database_enabled:
        raise DatabaseDisabled
    house, _ = take(configured, "the command line")
    try:
        house.detector.wait()
        found = house.detect(house.folders.file(file(path, configured)))
    finally:
        house.close()
    if json_:
        print_json({"detections": found})
        return
    for region in found:
        place = " ".join(f"{region[side]:.3f}" for side in ("x", "y", "w", "h"))
        out.print(f"{region['confidence']:.2f}  {place}  {plain(region['label'])}", markup=False)
    err.print(f"{counted(len(found), 'region')} found: confidence, centre and size, label.", markup=False)


@detecting.command()
def models(json_: AsJson = False) -> None:
    """Say whether the detector and the reader of barcodes can be used, and list which models ran when."""
    configured = settings.load()
    require_database(configured)
    detector = detector_of(configured)
    found, recipe = detector.wait(), Recipes(weights_of(configured), detector).now()
    here = models_here(found, recipe, configured.ingest_detector_threshold)
    library = Library(configured.database_url)
    try:
        ran = library.models.all()
    finally:
        library.close()
    if json_:
        print_json({**here, "models": ran})
        return
    _print_here(here)
    for model in ran:
        when = f"{model['first_used_at'][:16]} to {model['last_used_at'][:16]}"
        out.print(f"{model['stage']:8}  {when}  {plain(model['name'])}", markup=False)


def _print_here(here: ModelsHere) -> None:
    detector, barcodes = here["detector"], here["barcodes"]
    labels = f"{counted(len(detector['labels']), 'label')}, layout {detector['layout']}, from {detector['threshold']:g}"
    out.print(plain(detector["sentence"] or f"The detector is {detector['model']}: {labels}."), markup=False)
    out.print(plain(barcodes["sentence"] or f"Barcodes are read by {barcodes['model']}."), markup=False)

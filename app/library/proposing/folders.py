"""Which words the folders of a file say of it, as keywords. Pure.

People name folders by what is in them; cameras, phones and programs by a number, a day, or themselves. What those
write is left out: DCF's folders (JEITA CP-3461, "Design rule for Camera File system": `100CANON` below `DCIM`), days
and years, and the names that systems give to what has none.
"""

import re
from collections.abc import Iterator, Sequence

from app.library.proposing.phrases import can_be_keyword, listed, plain
from app.query.words import fold

_PARTS = re.compile(r"\s+[-\u2013\u2014~]\s+|[,;\uff0c\u3001]|(?<=\w\w)\s*[&+]\s*(?=\w\w)|\s{2,}")
_LINKS = re.compile(r"\A(?:in|at|on|of|from|to|and|und|im|am|bei|aus|with|mit)\s+(?=\S)", re.IGNORECASE)
"""What is left in front where a day was taken away: "2023 in Wien"."""
_COUNTED = re.compile(r"\s*(?:\(\d+\)|[-_ ]+(?:copy|kopie|copie|copia)(?:[ _]?\(?\d+\)?)?)$", re.IGNORECASE)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_YEAR = r"(?:1[89]|20)\d\d"
_TWO = r"[01]\d|[1-9]"
_TIMES = re.compile(
    rf"""(?<![a-z0-9])(?:
        {_YEAR}[-_. /]?[01]\d[-_. /]?[0-3]\d(?:[-_t ]*[0-2]\d[-_.:h ]?[0-5]\d(?:[-_.: ]?[0-5]\d)?)?
        |[0-3]?\d[-_. /][01]?\d[-_. /]{_YEAR}
        |{_YEAR}\s*(?:-|_|\u2013|to)\s*{_YEAR}
        |{_YEAR}[-_. /](?:0[1-9]|1[0-2])
        |(?:0[1-9]|1[0-2])[-_. /]{_YEAR}
        |(?:[0-3]?\d(?:st|nd|rd|th)?[-_. ]+)?{_MONTH}[-_., ]+(?:[0-3]?\d(?:st|nd|rd|th)?[-_., ]+)?{_YEAR}
        |{_YEAR}[-_. ]+{_MONTH}(?:[-_. ]+[0-3]?\d(?:st|nd|rd|th)?)?
        |{_YEAR}s?
        |[0-2]\d[h:][0-5]\d
    )(?![a-z0-9])""",
    re.IGNORECASE | re.VERBOSE,
)
_OF_A_MACHINE = re.compile(
    rf"""
    [1-9]\d\d[a-z0-9_]{{5}}                                  # DCF
    |\d+[-_.\ ]*[a-z]? |[a-z]                                  # 0007, a
    |\d{{6}}_[_a-z]                                          # of iPhones, one a month
    |(?:\d{{1,2}}[-_.\ ]*)?{_MONTH}(?:[-_.\ ]*\d{{1,2}})?    # 05 - May
    |(?:photos|videos|bilder|fotos)\ (?:from|of|aus|von)(?:\ {_YEAR})?
    |(?=.*\d)[0-9a-f]{{6,}} |[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}
    |(?:img|dscf?|dscn|mvi|mov|pxl|vid|imag|p|gopr|dji|sam|cimg|scan|image|picture|photo|film|foto|bild)s?[-_\ ]?\d+
    |(?:part|vol|volume|disc|disk|cd|dvd|batch|set|day|week|take|roll|card|sd|backup|session|run|seed)s?[-_\ .\#]?\d+
    |(?:folder|album|event|unnamed|untitled|new|temp|tmp)s?[-_\ .\#]?\d+
    |.*\.(?:photoslibrary|lrdata|aplibrary|migratedphotolibrary|lrcat|cocatalog|app|bundle)
    |com\.[a-z0-9.]+
    |(?:txt2img|img2img|extras)[-_\ ]?(?:images|grids)?
    """,
    re.VERBOSE,
)
"""What cameras, phones and programs call folders; folded."""
_NAMELESS = listed(
    """
    dcim, misc, private, avchd, bdmv, stream, m4root, mp root, clip, thmbnl, clips001, contents, camera, camera
    roll, camera uploads, camera01, saved pictures, my pictures, my photos, my videos, photos, photo, pictures,
    picture, pics, pix, images, image, img, imgs, videos, video, movies, media, bilder, fotos, foto,
    fotografias, imagenes, immagini, immagini importate, google photos, google fotos, takeout, icloud photos,
    icloud, icloud drive, onedrive, dropbox, photos library, photostream, my photo stream, imported photos,
    album, albums, gallery, library, download, downloads, desktop, documents, home, users, public, shared, nas,
    volume, volumes, untitled, untitled folder, untitled album, untitled export, unnamed, unknown, unsorted, to
    sort, new folder, neuer ordner, nouveau dossier, nueva carpeta, nuova cartella, ohne titel, sans titre,
    sort, sorted, todo, various, other, others, stuff, temp, tmp, test, tests, trash, deleted, backup, backups,
    archive, archives, old, new, copy, copies, duplicates, data, cache, raw, raws, jpg, jpgs, jpeg, jpegs, png,
    heic, tif, tiff, dng, cr2, nef, arw, mp4, mov, export, exports, exported, import, imports, imported, inbox,
    input, inputs, output, outputs, original, originals, master, masters, edited, edits, edit, final, finals,
    selects, selected, rejects, rejected, previews, preview, thumbnails, thumbs, web, print, prints, hires,
    lowres, small, large, full, fullsize, resized, scans, scan, phone, iphone, android, sd card, card, comfyui,
    stable diffusion, stable diffusion webui, invokeai, fooocus, midjourney, generated, grids, sent, received,
    whatsapp images, whatsapp video, telegram images, dataset, train, val, valid
    """
)
"""Names that say where files are or come from, and nothing of what they show; folded."""
LEVELS = 4
"""Folders above a file that are asked, the one that it lies in first."""


def keywords_of_folders(folders: Sequence[str]) -> Iterator[tuple[str, int]]:
    """The keywords in the names of folders, the outermost first, as `(keyword, levels above the file)`.

    0 is the folder that the file lies in. The name of a media root is not among `folders`: it is one for all.
    """
    seen: set[str] = set()
    for level, name in enumerate(reversed(folders[-LEVELS:])):
        for text in keywords_of_folder(name):
            if (key := fold(text)) not in seen:
                seen.add(key)
                yield text, level


def keywords_of_folder(name: str) -> Iterator[str]:
    """The keywords in the name of one folder; none of a name that a person did not give."""
    if _is_nameless(name):
        return
    spaced = (name if " " in name else name.replace("_", " ")).replace("%20", " ")
    for part in _PARTS.split(_TIMES.sub("  ", _COUNTED.sub("", spaced))):
        text = plain(_LINKS.sub("", _COUNTED.sub("", part.strip(" -_.")), count=1))
        if not _is_nameless(text) and can_be_keyword(text):
            yield text


def _is_nameless(name: str) -> bool:
    folded = fold(_COUNTED.sub("", name.strip(" -_.")))
    return folded.replace("_", " ") in _NAMELESS or _OF_A_MACHINE.fullmatch(folded) is not None

"""What the name of a file says of when it was taken."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analysis.metadata.beside import Beside
from app.analysis.metadata.dates import find_taken_at
from app.analysis.metadata.embedded import Embedded
from app.analysis.metadata.names import find_date_in_name
from app.analysis.metadata.takeout import Takeout

TODAY = date(2026, 7, 4)


@pytest.mark.parametrize(
    ("name", "at"),
    [
        # WhatsApp
        ("IMG-20240501-WA0001.jpg", "2024-05-01"),
        ("VID-20240501-WA0002.mp4", "2024-05-01"),
        ("WhatsApp Image 2024-05-01 at 10.11.12.jpeg", "2024-05-01T10:11:12"),
        ("WhatsApp Video 2024-05-01 at 9.11.12 PM (1).mp4", "2024-05-01T21:11:12"),
        # phones
        ("PXL_20240501_101112345.jpg", "2024-05-01T10:11:12.345000"),
        ("PXL_20240501_101112345.MP~2.jpg", "2024-05-01T10:11:12.345000"),
        ("PXL_20240501_101112345.NIGHT.jpg", "2024-05-01T10:11:12.345000"),
        ("VID_20240501_101112.mp4", "2024-05-01T10:11:12"),
        ("IMG_20240501_101112_HDR.jpg", "2024-05-01T10:11:12"),
        ("IMG_20240501_101112.jpg", "2024-05-01T10:11:12"),
        ("IMG_20240501_101112~2.jpg", "2024-05-01T10:11:12"),
        ("MVIMG_20240501_101112.jpg", "2024-05-01T10:11:12"),
        ("PANO_20240501_101112.vr.jpg", "2024-05-01T10:11:12"),
        ("20240501_101112.jpg", "2024-05-01T10:11:12"),
        ("20240501_101112(0).jpg", "2024-05-01T10:11:12"),
        ("IMG20240501101112.jpg", "2024-05-01T10:11:12"),
        ("00100lrPORTRAIT_00100_BURST20240501101112345_COVER.jpg", "2024-05-01T10:11:12.345000"),
        ("WP_20240501_10_11_12_Pro.jpg", "2024-05-01T10:11:12"),
        ("C360_2024-05-01-10-11-12-345.jpg", "2024-05-01T10:11:12"),
        ("IMG_20240501_0007.jpg", "2024-05-01"),
        ("IMG_20240501_00017.jpg", "2024-05-01"),
        ("2024-05-01_00017_.png", "2024-05-01"),
        # pictures of screens: Android, macOS, GNOME, KDE, Windows
        ("Screenshot_2024-05-01-10-11-12.png", "2024-05-01T10:11:12"),
        ("Screenshot_2024-05-01-10-11-12-345_com.app.png", "2024-05-01T10:11:12"),
        ("Screenshot_20240501-101112_Fennec.png", "2024-05-01T10:11:12"),
        ("Screenshot_20240501-101112.png", "2024-05-01T10:11:12"),
        ("Screen Shot 2024-05-01 at 5.11.12 PM.png", "2024-05-01T17:11:12"),
        ("Screen Shot 2024-05-01 at 12.11.12 AM.png", "2024-05-01T00:11:12"),
        ("Screenshot 2024-05-01 at 5.11.12\u202fPM.png", "2024-05-01T17:11:12"),
        ("Screen Recording 2024-05-01 at 17.11.12.mov", "2024-05-01T17:11:12"),
        ("Bildschirmfoto 2024-05-01 um 17.11.12.png", "2024-05-01T17:11:12"),
        ("Capture d\u2019\u00e9cran 2024-05-01 \u00e0 17.11.12.png", "2024-05-01T17:11:12"),
        ("Captura de pantalla 2024-05-01 a la(s) 17.11.12.png", "2024-05-01T17:11:12"),
        ("\u622a\u5c4f2024-05-01 \u4e0b\u53485.11.12.png", "2024-05-01T17:11:12"),
        ("\u30b9\u30af\u30ea\u30fc\u30f3\u30b7\u30e7\u30c3\u30c8 2024-05-01 17.11.12.png", "2024-05-01T17:11:12"),
        ("Screenshot from 2024-05-01 10-11-12.png", "2024-05-01T10:11:12"),
        ("Screenshot 2024-05-01 101112.png", "2024-05-01T10:11:12"),
        # Signal, Telegram, Dropbox
        ("signal-2024-05-01-101112.jpg", "2024-05-01T10:11:12"),
        ("signal-2024-05-01-101112_002.jpg", "2024-05-01T10:11:12"),
        ("signal-2024-05-01-10-11-12-345.jpg", "2024-05-01T10:11:12"),
        ("photo_2024-05-01_10-11-12.jpg", "2024-05-01T10:11:12"),
        ("photo_2024-05-01_10-11-12 (2).jpg", "2024-05-01T10:11:12"),
        ("photo_2024-05-01 10.11.12.jpeg", "2024-05-01T10:11:12"),
        ("photo_5@01-05-2024_10-11-12.jpg", "2024-05-01T10:11:12"),
        ("IMG_20240501_101112_345.jpg", "2024-05-01T10:11:12"),
        ("2014-08-25 17.15.33.jpg", "2014-08-25T17:15:33"),
        ("2014-08-25_17.15.33-1.jpg", "2014-08-25T17:15:33"),
        # a person's
        ("2024-05-01.jpg", "2024-05-01"),
        ("2024-05-01 in the garden.jpg", "2024-05-01"),
        ("20240501.jpg", "2024-05-01"),
        ("garden 2024-05-01 (3).jpg", "2024-05-01"),
    ],
)
def test_the_forms_that_phones_messengers_and_systems_write(name, at):
    assert find_date_in_name(name, TODAY) == at


@pytest.mark.parametrize(
    "name",
    [
        "IMG_1234.jpg",
        "DSC00042.jpg",
        "IMG-20241301-WA0001.jpg",
        "IMG-20240230-WA0001.jpg",
        "IMG_20240501_251112.jpg",
        "IMG_20240501_106112.jpg",
        "Screenshot_2024-02-30-10-11-12.png",
        "Screen Shot 2024-05-01 at 17.11.12 PM.png",
        "Screenshot_2031-05-01-10-11-12.png",
        "00012-123456.jpg",
        "120240501_101112.jpg",
        "3020240501101112999.jpg",
        "a20240501b.jpg",
        "photo-01-05-2024.jpg",
        "05-01-2024 10.11.12.jpg",
        "18240501_101112.jpg",
        "5d1b2a3c-9a0b-4f0e-8d4e-202405019999.jpg",
        "",
    ],
)
def test_a_date_that_cannot_be_and_what_is_none_is_none(name):
    assert find_date_in_name(name, TODAY) is None


@given(st.text(st.sampled_from("0123456789-_. :@ATPMIGat"), max_size=40))
def test_any_name_gives_an_answer(name):
    assert find_date_in_name(name, TODAY) is None or find_date_in_name(name, TODAY).startswith(("19", "20"))


def taken(name, *, exif=None, takeout=None):
    return find_taken_at(Embedded(exif=exif or {}), Beside(takeout=takeout or Takeout(), name=name))


def test_the_name_speaks_where_nothing_else_does():
    name = "IMG_20240501_101112.jpg"
    moment = taken(name)
    assert (moment.at, moment.source, moment.rule) == ("2024-05-01T10:11:12", "name", "name")
    for others in ({"exif": {"Image DateTime": "2019:01:01"}}, {"takeout": Takeout("2019-01-01T00:00:00+00:00")}):
        assert taken(name, **others).at.startswith("2019-01-01")
    assert taken(name, exif={"EXIF DateTimeOriginal": "2024:05:01"}).at == "2024-05-01"

"""Which names of folders become keywords: names as people, cameras and programs give them."""

import pytest

from app.library.proposing.folders import LEVELS, keywords_of_folder, keywords_of_folders

NAMES = {
    "Anna's birthday": ["Anna's birthday"],
    "2024-05-12 Anna's birthday": ["Anna's birthday"],
    "2024-05-12_Summer_Party": ["Summer Party"],
    "20240512 Summer Party 18h30": ["Summer Party"],
    "12.05.2023 Hamburg": ["Hamburg"],
    "Rome 2019": ["Rome"],
    "2024-05-12 Rome, with Anna": ["Rome", "Anna"],
    "Rome, Italy (2)": ["Rome", "Italy"],
    "Christmas 2020 - grandparents": ["Christmas", "grandparents"],
    "2019-2021 Lisbon": ["Lisbon"],
    "May 2024 Tokyo": ["Tokyo"],
    "Sommer 2023 in Wien": ["Sommer", "Wien"],
    "Wedding of Anna & Tom": ["Wedding of Anna", "Tom"],
    "2023 the Alps": ["Alps"],
    "B&W": ["B&W"],
    "summer-trip": ["summer-trip"],
    "Trip copy": ["Trip"],
    "Karneval - Kopie (3)": ["Karneval"],
    "Screenshots": ["Screenshots"],
    "北海道 2023": ["北海道"],
    "海": ["海"],
    "São Paulo": ["São Paulo"],
    "1st birthday": ["1st birthday"],
    "Hawaii%202019": ["Hawaii"],
    "Maya": ["Maya"],
}
NAMELESS = (
    *("100CANON", "101MSDCF", "102_PANA", "100APPLE", "123EOS5D", "100gopro", "DCIM", "dcim", "MISC", "PRIVATE"),
    *("202405__", "202405_a", "2024", "2024-05", "2024-05-12", "20240512", "12.05.2024", "May 2024", "05 - May", "May"),
    *("1990s", "0007", "3", "a", "IMG_1234", "DSC0001", "P1000123", "Photos from 2019", "Day 3", "part 2", "disc1"),
    *("untitled", "Untitled Folder", "New folder (2)", "Neuer Ordner", "Camera Roll", "Camera Uploads", "Takeout"),
    *(
        "Google Photos",
        "Downloads",
        "iCloud Photos",
        "Exports",
        "originals",
        "RAW",
        "JPGs",
        "Backup 2",
        "misc",
        "Edited",
    ),
    *("txt2img-images", "img2img-grids", "ComfyUI", "Photos Library.photoslibrary", "Catalog Previews.lrdata"),
    *("3f9a2c1b", "9c2f40aa-1111-4222-8333-abcdefabcdef", "com.whatsapp", "caf\\xe9", "", "  ", "---", "(2)", "copy"),
    *("Tokyo Tower at night in the rain with friends", "x" * 41),
)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_a_person_gave_says_what_is_in_the_folder(name):
    assert [*keywords_of_folder(name)] == NAMES[name]


@pytest.mark.parametrize("name", NAMELESS)
def test_days_cameras_programs_and_prose_say_nothing(name):
    assert [*keywords_of_folder(name)] == []


def test_the_nearest_folder_comes_first_and_a_name_counts_once_where_it_is_nearest():
    folders = ["Travel", "Italy", "2019", "Rome, italy", "100CANON"]
    assert [*keywords_of_folders(folders)] == [("Rome", 1), ("italy", 1)]
    assert [*keywords_of_folders(["Travel", "Italy"])] == [("Italy", 0), ("Travel", 1)]
    assert [*keywords_of_folders([])] == []
    assert len([*keywords_of_folders(["one", "two"] * LEVELS)]) == 2

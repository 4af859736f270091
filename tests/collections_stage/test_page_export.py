"""`relpins export pages`: what it writes holds together, whatever titles say, and never stands half-written."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from page_checks import check_html, check_site, feed_items, files_of, locations
from page_homes import Shop, page_rows_of, publish, published_home, put, run_pages

from relpins_assets.cli import main
from relpins_assets.export.folders import replaced_folder, swap
from relpins_assets.export.site import MARK, export_pages
from relpins_assets.export.site_data import read_site
from relpins_resources.errors import RelpinsError

BASE = "https://shop.example/ideas"
HOSTILE = [
    "</script><script>alert(1)</script>",
    "--><img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    "]]>&lt;b&gt; & ' \" < > \u2028 \u0000 \ufffe",
    "../../../etc/passwd",
    "javascript:alert(1)",
    "<!-- <script>",
]
LINKS = ["javascript:alert(1)", "data:text/html,x", "//x", "https://a b/", "https://ok.example/?a=1&b=<2>", "/etc/x"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published_home(tmp_path_factory.mktemp("shop") / "home", Shop.of())


@pytest.fixture(scope="module")
def site(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export that tests only read."""
    folder = tmp_path_factory.mktemp("exported") / "site"
    export_pages(home, folder, base_url=BASE + "/")
    return folder


@pytest.fixture(scope="module")
def hostile_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    shop = Shop.of()
    for place, pin in enumerate(shop.pins.values()):
        text = HOSTILE[place % len(HOSTILE)]
        pin.update(title=f"{text} sofa", description=text, link=LINKS[place % len(LINKS)], board_category=text)
        pin["currency"] = text
    for place, topic in enumerate(shop.topics.values()):
        topic["query"] = f"{HOSTILE[place]} sofa"
    shop.topic("topic_<script>", "x</title><script>", ["category/</a>", "../../x/'y"], range(8, 16))
    return published_home(tmp_path_factory.mktemp("hostile") / "home", shop)


def test_a_site_of_a_shop(home: Path, tmp_path: Path) -> None:
    told = export_pages(home, tmp_path / "site", base_url=BASE)
    assert (told["pages"], told["near-duplicates"], told["categories"]) == (4, 1, 2)
    assert told["kept out"] == {"it has 3 pins, a page needs 6": 1}
    seen = check_site(tmp_path / "site")
    assert {"index.html", "collections/red-sofa.html", "categories/sofa.html"} <= seen.keys()
    page = seen["collections/red-sofa.html"]
    assert [image["alt"] for image in page.all("img")][:2] == ["Chair 0", "Chair 1"]
    assert "$10" in page.text
    assert page_rows_of(home)["topic_sofa"]["intro"] in page.text
    reached = {link["href"].removeprefix("../") for one in seen.values() for link in one.all("a")}
    assert {path for path in seen if "collections/" in path} - reached == {"collections/blue-summer-dress.html"}


def test_structured_data_lists_the_pins_in_order(site: Path) -> None:
    page = check_html(site / "collections" / "red-sofa.html", site)
    (data,) = page.json_ld
    assert data["@type"] == "CollectionPage"
    assert data["url"] == f"{BASE}/collections/red-sofa.html"
    listed = data["mainEntity"]
    assert (listed["@type"], listed["numberOfItems"]) == ("ItemList", 8)
    assert [entry["position"] for entry in listed["itemListElement"]] == list(range(1, 9))
    assert [entry["item"]["name"] for entry in listed["itemListElement"]] == [f"Chair {n}" for n in range(8)]
    offer = listed["itemListElement"][0]["item"]["offers"]
    assert (offer["price"], offer["priceCurrency"]) == ("10.00", "USD")
    assert "availability" not in offer


def test_a_near_duplicate_points_to_the_page_that_stands_for_it(site: Path) -> None:
    page = check_html(site / "collections" / "blue-summer-dress.html", site)
    canonical = [link["href"] for link in page.all("link")]
    assert f"{BASE}/collections/dress-in-blue.html" in canonical
    (name,) = locations(site / "sitemap.xml")
    assert name == f"{BASE}/sitemaps/pages-0001.xml"
    assert (site / "robots.txt").read_text().endswith(f"Sitemap: {BASE}/sitemap.xml\n")
    listed = locations(site / "sitemaps" / "pages-0001.xml")
    assert sorted(listed) == sorted(
        f"{BASE}/{path}"
        for path in (
            "",
            *("categories/sofa.html", "categories/dress.html"),
            *("collections/red-sofa.html", "collections/sofa.html", "collections/dress-in-blue.html"),
        )
    )


def test_sitemaps_are_cut_and_nothing_is_lost(home: Path, tmp_path: Path) -> None:
    for size in (1, 2, 4, 50_000):
        assert export_pages(home, tmp_path / "site", base_url=BASE, sitemap_size=size)["sitemaps"] == -(-6 // size)
        shards = [path.removeprefix(BASE + "/") for path in locations(tmp_path / "site" / "sitemap.xml")]
        listed = [address for shard in shards for address in locations(tmp_path / "site" / shard)]
        assert len(listed) == len(set(listed)) == 6
        assert len(list((tmp_path / "site" / "sitemaps").iterdir())) == len(shards)


def test_the_feed_says_what_is_known(site: Path) -> None:
    items = {item["id"]: item for item in feed_items(site / "merchant-feed.xml")}
    assert set(items) == {f"p{place:02d}" for place in range(30)}
    assert items["p03"]["price"] == "13.00 USD"
    assert items["p03"]["link"] == f"{BASE}/collections/sofa.html"
    assert items["p03"]["image_link"].startswith(f"{BASE}/images/")
    assert "availability" not in items["p03"]


def test_a_pin_without_words_is_named_by_its_attributes(tmp_path: Path) -> None:
    shop = Shop.of()
    shop.pins["p00"]["title"] = shop.pins["p01"]["title"] = None
    lake = shop.write(tmp_path / "home")
    told = {"similarity": None, "is_observed": True, "fingerprint": "x"}
    rows = [("p00", "category/sofa", 0.99), ("p00", "color/red", 0.95), ("p00", "color/blue", 0.91)]
    rows += [("p01", "category/sofa", 0.6), ("p01", "color/red", 0.95)]  # not sure what it is
    names = ("pin_id", "attribute_id", "confidence")
    put(lake, "attribute_assignments", [{**dict(zip(names, row, strict=True)), **told} for row in rows])
    run_pages(tmp_path / "home")
    publish(tmp_path / "home")
    named = {pin_id: pin.alt for pin_id, pin in read_site(lake).pins.items()}
    assert [named[pin_id] for pin_id in ("p00", "p01", "p02")] == ["Red sofa", "Red 80%", "Chair 2"]


def test_hostile_words_stay_words(hostile_home: Path, tmp_path: Path) -> None:
    export_pages(hostile_home, tmp_path / "deep" / "site", base_url=BASE)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["site"]
    seen = check_site(tmp_path / "deep" / "site")
    links = {link["href"] for page in seen.values() for link in page.all("a") if ":" in link["href"]}
    assert links == set()  # the one good link has signs that no address has
    assert all("(" not in attributes.get("href", "") for page in seen.values() for _, attributes in page.elements)
    pages = [page for path, page in seen.items() if path.startswith("collections/")]
    assert all(len(page.json_ld) == 1 for page in pages)
    names = {entry["item"].get("name") for page in pages for entry in page.json_ld[0]["mainEntity"]["itemListElement"]}
    assert "{{ 7 * 7 }}{% raw %} sofa" in names
    assert len(feed_items(tmp_path / "deep" / "site" / "merchant-feed.xml")) == 30


def test_the_same_snapshot_gives_the_same_bytes(home: Path, site: Path, tmp_path: Path) -> None:
    for _ in range(2):  # new, then in place of an earlier one
        export_pages(home, tmp_path / "other", base_url=BASE)
        assert files_of(tmp_path / "other") == files_of(site)


def test_an_earlier_address_leads_to_the_new_one(tmp_path: Path) -> None:
    shop, home, site = Shop.of(), tmp_path / "home", tmp_path / "site"
    published_home(home, shop)
    export_pages(home, site, base_url=BASE)
    for query in ("crimson settee", "scarlet couch"):
        shop.topics["topic_sofa"]["query"] = query
        del shop.topics["topic_dress" if "crimson" in query else "topic_same"]
        published_home(home, shop)
        told = export_pages(home, site, base_url=BASE)
    assert told["earlier addresses"] == 2
    check_site(site)
    for slug in ("red-sofa", "crimson-settee"):
        text = (site / "collections" / f"{slug}.html").read_text()
        assert 'http-equiv="refresh" content="0; url=scarlet-couch.html"' in text
        assert slug not in " ".join(locations(site / "sitemaps" / "pages-0001.xml"))
    assert not (site / "collections" / "dress-in-blue.html").exists()


def test_no_page_is_a_site_that_says_so(tmp_path: Path) -> None:
    told = export_pages(published_home(tmp_path / "home", Shop()), tmp_path / "site", base_url=BASE)
    assert (told["pages"], told["images"], told["feed items"]) == (0, 0, 0)
    assert "There is no collection yet" in check_site(tmp_path / "site")["index.html"].text


def test_what_is_no_export_is_left_alone(home: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    (tmp_path / "file").write_text("x")
    for name, why in (("mine", "holds no earlier export"), ("file", "is a file")):
        with pytest.raises(RelpinsError, match=why):
            export_pages(home, tmp_path / name)
    assert files_of(tmp_path) == {"mine/letter.txt": b"dear", "file": b"x"}


@pytest.mark.parametrize(
    "address", ["shop.example", "ftp://x", "https://", "https://a/?q", "https://a:b/", "https://u@a/"]
)
def test_a_bad_base_url_is_refused(home: Path, tmp_path: Path, address: str) -> None:
    with pytest.raises(RelpinsError, match="is no address to serve pages from"):
        export_pages(home, tmp_path / "site", base_url=address)
    assert list(tmp_path.iterdir()) == []


def test_a_home_without_pages_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RelpinsError, match="no published snapshot"):
        export_pages(tmp_path / "home", tmp_path / "site")
    Shop.of().write(tmp_path / "home")
    publish(tmp_path / "home")
    with pytest.raises(RelpinsError, match="has no landing pages"):
        export_pages(tmp_path / "home", tmp_path / "site")


def test_readers_of_the_snapshot_see_no_later_page(tmp_path: Path) -> None:
    shop, home = Shop.of(), tmp_path / "home"
    published_home(home, shop)
    shop.topics["topic_sofa"]["query"] = "crimson settee"
    shop.write(home)
    run_pages(home)
    export_pages(home, tmp_path / "site", base_url=BASE)
    assert (tmp_path / "site" / "collections" / "red-sofa.html").is_file()


def test_an_export_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "site"
    target.mkdir()
    (target / MARK).write_text("{}")
    with pytest.raises(ZeroDivisionError), replaced_folder(target) as draft:
        (draft / "half").write_text(str(1 // 0))
    assert files_of(tmp_path) == {f"site/{MARK}": b"{}"}


@pytest.mark.parametrize("in_one_step", [True, False])
def test_one_folder_takes_the_place_of_another(tmp_path: Path, in_one_step: bool) -> None:
    for name in (".site.x.draft", "site"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_text(name)
    swap(tmp_path / ".site.x.draft", tmp_path / "site", in_one_step=in_one_step)
    assert files_of(tmp_path) == {"site/.site.x.draft": b".site.x.draft"}


def test_a_killed_export_leaves_the_old_one_and_the_next_clears_up(tmp_path: Path) -> None:
    target = tmp_path / "site"
    target.mkdir()
    (target / "old").write_text("old")
    code = (
        "import sys, time, pathlib\n"
        "from relpins_assets.export.folders import replaced_folder\n"
        "with replaced_folder(pathlib.Path(sys.argv[1])) as draft:\n"
        "    (draft / 'new').write_text('new'); print('ready', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(target)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        os.kill(child.pid, signal.SIGKILL)
    assert len(list(tmp_path.iterdir())) == 2
    assert files_of(target) == {"old": b"old"}
    with replaced_folder(target) as draft:
        (draft / "new").write_text("new")
    assert files_of(tmp_path) == {"site/new": b"new"}


def test_the_command_prints_what_it_wrote(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["export", "pages", str(tmp_path / "site"), "--home", str(home), "--base-url", BASE]
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 0
    assert "pages: 4" in capsys.readouterr().out
    with pytest.raises(SystemExit) as left:
        main([*arguments[:-1], "nowhere"])
    assert left.value.code == 2
    assert "nowhere" in capsys.readouterr().err

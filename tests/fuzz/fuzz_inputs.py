"""Coverage-guided fuzzing of reading records, with atheris (`make fuzz`).

    python tests/fuzz/fuzz_inputs.py TARGET FOLDER SECONDS [an option of libFuzzer …]

TARGET: text, json, zip or workbook. FOLDER keeps, by target, the inputs that reached something new (`corpus`) and those that
ended in anything but records or a LookbackError that is no InternalError (`crash-…`, `timeout-…`, `oom-…`). To see one again:
`python tests/fuzz/fuzz_inputs.py TARGET FOLDER 60 FOLDER/TARGET/crash-…`.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import atheris

sys.path[:0] = [str(Path(__file__).parents[2] / "engine"), str(Path(__file__).parent)]

with atheris.instrument_imports(include=["lookback"]):
    from seeds import PACK, seeds

    import lookback.records.find
    from lookback.packs.check import check_pack
    from lookback.packs.params import settings
    from lookback.packs.read import read_pack
    from lookback.records.formats.files import InputFile
    from lookback.records.formats.workbooks import Sheet, _sheets, _Worker
    from lookback.records.formats.worker import Parts
    from lookback.records.read import read_records
    from lookback.warehouse.duckdb import DuckDB
    from lookback.words.errors import InputError, InternalError, LookbackError

TARGETS = {
    "text": (".csv", ".tsv", ".txt"),
    "json": (".jsonl", ".json"),
    "zip": (".zip",),
    "workbook": (".xlsx", ".ods", ".xls", ".xlsb"),
}
"""A target -> the endings of its files; the first byte of an input says which."""
AGAIN_AFTER = 500
"""Inputs after which DuckDB is started anew: it keeps what it was told."""


class Target:
    """Reads one input after the other, each in a folder of its own that does not stay."""

    def __init__(self, name: str, folder: Path, seconds: float) -> None:
        self.name, self.folder, self.runs = name, folder, 0
        self.until = time.monotonic() + seconds
        (folder / "pack").mkdir()
        for file, text in PACK.items():
            (folder / "pack" / file).write_text(text, "utf-8")
        pack = read_pack(folder / "pack")
        self.pack = check_pack(pack, settings(pack, {}))
        self.warehouse = DuckDB(folder, threads=1)
        self.worker = _Worker(folder / "sheets")
        lookback.records.find.read_workbooks = self.read_workbooks  # a process for each input would be most of the work
        atexit.register(self.close)

    def close(self) -> None:
        self.worker.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def read_workbooks(self, files: Sequence[InputFile], _: Path) -> Iterator[list[Sheet] | InputError]:
        for file in files:
            answer = self.worker.ask(file.path)
            code = answer.pop("code", None)
            yield InputError(code, file=file.shown, **answer) if code else _sheets(file, answer)

    def __call__(self, data: bytes) -> None:
        if time.monotonic() > self.until:  # libFuzzer's own end, by -max_total_time, aborts beside DuckDB
            print(f"{self.name}: {self.runs} inputs, each ended in records or a clear error", flush=True)
            self.close()
            os._exit(0)
        self.runs += 1
        if self.runs % AGAIN_AFTER == 0:
            self.warehouse.close()
            self.warehouse = DuckDB(self.folder, threads=1)
        endings = TARGETS[self.name]
        folder = self.folder / f"run-{self.runs}"  # DuckDB remembers files by their paths
        folder.mkdir()
        file = folder / f"units{endings[data[0] % len(endings)] if data else endings[0]}"
        file.write_bytes(data[1:])
        try:
            if self.name == "workbook":
                self.look_into(file)
            inputs = lookback.records.find.find_tables([f"units={file}"], self.pack.tables, self.warehouse, folder / "inputs")
            read_records(inputs, self.pack, folder / "records", self.warehouse, "en")
        except InternalError:
            raise
        except LookbackError as error:
            error.render("en")
            error.render("zh")
        finally:
            shutil.rmtree(folder)
            shutil.rmtree(self.folder / "sheets", ignore_errors=True)

    @staticmethod
    def look_into(file: Path) -> None:
        """What the process that reads workbooks does besides its library, done here, where its branches are seen."""
        parts = Parts(file)
        if not parts.bomb:
            _ = parts.encrypted, parts.from_1904
            for name in parts._paths():
                list(parts.spoilt(name))


def main() -> None:
    target, folder, seconds, *options = sys.argv[1:]
    own = Path(folder) / target
    (own / "corpus").mkdir(parents=True, exist_ok=True)
    for name, content in seeds().items():
        for number, ending in enumerate(TARGETS[target]):
            if name.endswith(ending):
                (own / "corpus" / f"seed-{name.replace('/', '-')}").write_bytes(bytes([number]) + content)
    work = Path(tempfile.mkdtemp(prefix="lookback-fuzz-"))
    again = [option for option in options if not option.startswith("-")]
    arguments = [f"-artifact_prefix={own}/", *options, *([] if again else [str(own / "corpus")])]
    atheris.Setup([sys.argv[0], *arguments], Target(target, work, float(seconds)))
    atheris.Fuzz()


if __name__ == "__main__":
    main()

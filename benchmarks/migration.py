"""
Moving a tree of media into a bucket and back, beside ``aws s3 sync`` of the same tree.

    python -m benchmarks.migration [FILES] [AWS]     (600 files unless told otherwise; AWS: path of the program ``aws``)

Both verify what they send in their own way; we also write rows.  In turns, the median of three, for both directions.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import psycopg2

from benchmarks.safe import SafePostgres
from tests.s3_server import POD, s3
from tests.servers import url_of

ROUNDS = 3
SIZES = ((0.25, 60_000), (0.6, 4_000_000), (0.15, 12_000_000))  # pictures, lossy songs, long ones
ROWS = """
    INSERT INTO domain (name) VALUES ('pod.example') ON CONFLICT DO NOTHING;
    INSERT INTO actor (fid, domain, preferred_username) VALUES ('https://x/ada', 'pod.example', 'ada');
    INSERT INTO library (fid, followers_url, actor_id, name)
    SELECT 'https://x/l', 'https://x/l/f', max(id), 'm' FROM actor
"""
UPLOAD = """
    INSERT INTO upload (fid, library_id, audio_file, storage, size, mimetype, import_status, import_reference)
    SELECT %s, max(id), %s, 'local', %s, 'audio/mpeg', 'finished', 'benchmark' FROM library
"""


def main() -> None:
    """Everything beside everything."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    aws = sys.argv[2] if len(sys.argv) > 2 else shutil.which("aws")
    dsn = SafePostgres().fresh_database()
    with tempfile.TemporaryDirectory(prefix="fw-migration-") as place:
        measured(Path(place), dsn, count, aws)


def measured(folder: Path, dsn: str, count: int, aws: str | None) -> None:
    """Both programs, both directions."""
    media = folder / "data" / "media"
    environment = told(folder, dsn)
    ours(environment, folder, "db", "migrate")
    size = a_tree(media, dsn, count)
    print(f"{count} files, {size / 1e6:,.0f} MB")
    seconds: dict[str, list[float]] = {}
    for _round in range(ROUNDS):
        for name, took in one_round(folder, environment, dsn, aws):
            seconds.setdefault(name, []).append(took)
    for name, times in seconds.items():
        print(f"{name:18} {median(times):6.1f} s   {size / 1e6 / median(times):6.0f} MB/s")
    if aws is None:
        print("aws is not there (PyPI has awscli): nothing to compare with")
        return
    for way in ("up", "down"):
        print(f"{way}: {median(seconds[f'aws {way}']) / median(seconds[f'ours {way}']):.2f} of the rate of aws s3 sync")


def one_round(folder: Path, environment: dict[str, str], dsn: str, aws: str | None) -> list[tuple[str, float]]:
    """There and back, by each."""
    media, found = folder / "data" / "media", []
    away = folder / "away"
    environment["AWS_STORAGE_BUCKET_NAME"] = s3().fresh_bucket()
    found.append(("ours up", timed(lambda: ours(environment, folder, "storage", "migrate", "--to", "s3"))))
    media.rename(away)
    found.append(("ours down", timed(lambda: ours(environment, folder, "storage", "migrate", "--to", "local"))))
    shutil.rmtree(media)
    if aws is not None:
        target = f"s3://{s3().fresh_bucket()}"
        found.append(("aws up", timed(lambda: sync(aws, environment, str(away), target))))
        found.append(("aws down", timed(lambda: sync(aws, environment, target, str(folder / "back")))))
        shutil.rmtree(folder / "back")
    away.rename(media)
    return found


def told(folder: Path, dsn: str) -> dict[str, str]:
    """The settings of a pod on a bucket."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "DATABASE_URL": url_of(dsn),
        "AWS_ACCESS_KEY_ID": POD.access_key,
        "AWS_SECRET_ACCESS_KEY": POD.secret_key,
        "AWS_STORAGE_BUCKET_NAME": s3().fresh_bucket(),
        "AWS_S3_ENDPOINT_URL": s3().endpoint,
    }


def ours(environment: dict[str, str], folder: Path, *words: str) -> None:
    """Run a command."""
    line = [sys.executable, "-m", "fwtwisted.cli.main", "--data", str(folder / "data"), *words]
    subprocess.run(line, env=environment | {"PYTHONPATH": os.getcwd()}, check=True, stdout=subprocess.DEVNULL)


def sync(aws: str, environment: dict[str, str], source: str, target: str) -> None:
    """Run theirs."""
    line = [aws, "s3", "sync", "--only-show-errors", "--endpoint-url", s3().endpoint, source, target]
    subprocess.run(line, env=environment | {"AWS_DEFAULT_REGION": "us-east-1"}, check=True)


def timed(work: Callable[[], None]) -> float:
    """How long it takes, seconds."""
    began = time.monotonic()
    work()
    return time.monotonic() - began


def a_tree(media: Path, dsn: str, count: int) -> int:
    """Files and their rows; bytes of all."""
    draw, total = random.Random(1), 0
    connection = psycopg2.connect(dsn)
    with connection, connection.cursor() as cursor:
        cursor.execute(ROWS)
        for number in range(count):
            [size] = draw.choices([size for _, size in SIZES], [share for share, _ in SIZES])
            name = f"tracks/{number % 251:02x}/{number % 16:02x}/00/song-{number}.mp3"
            path = media / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(draw.randbytes(size))
            cursor.execute(UPLOAD, (f"https://x/{number}", name, size))
            total += size
    connection.close()
    return total


if __name__ == "__main__":
    main()

"""
How many signed posts a second are taken in and have their effect, and how fast those who ask to follow are answered.

    python -m benchmarks.inbox [POSTS [FOLLOWERS]]

The posts are signed before anything is measured, by people whose keys the pod knows, spread over 20 servers.  Notes
have no effect, likes of a track are looked at and dropped, follows of an open library are answered: each by an Accept
that is signed, and taken by a process that stands for the servers of the followers.
"""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import psycopg2.extensions
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from benchmarks.asking import ask, crowd, form
from benchmarks.deliveries import left, signing_rate, url_of
from benchmarks.processes import free_port
from benchmarks.safe import SafePostgres
from benchmarks.server import Pod
from fwtwisted.core.people.keys import new_keys
from fwtwisted.wire.signatures.cavage import header, http_date, signing_text
from fwtwisted.wire.signatures.keys import private_key, signed

POSTS, FOLLOWERS, SERVERS = 4_000, 1_000, 20
LINES = 16
INBOX = "/federation/shared/inbox"
HOME = "https://pod.example/federation"
LIBRARY = f"{HOME}/music/libraries/open"

FILL = """
    INSERT INTO domain (name) VALUES ('pod.example') ON CONFLICT DO NOTHING;
    INSERT INTO domain (name) SELECT format('127.0.1.%%s:%%s', n, %(port)s) FROM generate_series(1, %(servers)s) AS n;
    INSERT INTO actor (fid, domain, preferred_username, private_key, public_key, key_id)
    VALUES (%(home)s || '/actors/owner', 'pod.example', 'owner', %(private)s, %(public)s,
            %(home)s || '/actors/owner#main-key');
    INSERT INTO account (actor_id, username, email, password)
    SELECT id, 'owner', 'owner@pod.example', '!' FROM actor WHERE preferred_username = 'owner';
    INSERT INTO library (fid, followers_url, actor_id, name, privacy_level)
    SELECT %(library)s, %(library)s || '/followers', id, 'open', 'everyone' FROM actor
     WHERE preferred_username = 'owner';
    INSERT INTO artist (fid, name) VALUES (%(home)s || '/music/artists/a', 'Nova');
    INSERT INTO track (fid, title, artist_id) SELECT %(home)s || '/music/tracks/t', 'Tides', id FROM artist;
    INSERT INTO actor (fid, domain, preferred_username, inbox_url, public_key, key_id)
    SELECT fid, name, format('f%%s', n), fid || '/inbox', %(public)s, fid || '#main-key'
      FROM (SELECT n, name, format('http://%%s/%%s', name, n) AS fid
              FROM (SELECT n, format('127.0.1.%%s:%%s', 1 + n %% %(servers)s, %(port)s) AS name
                      FROM generate_series(0, %(actors)s - 1) AS n) AS named) AS told;
    ANALYZE;
"""


def actor(number: int, port: int) -> str:
    """Who says it."""
    return f"http://127.0.1.{1 + number % SERVERS}:{port}/{number}"


def a_post(key: rsa.RSAPrivateKey, by: str, activity: Mapping[str, Any], host: str = "pod.example") -> bytes:
    """A signed request as it travels."""
    body = orjson.dumps({"@context": "https://www.w3.org/ns/activitystreams", "actor": by, **activity})
    digest = "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()
    told = [("host", host), ("date", http_date(time.time())), ("digest", digest)]
    names = [name for name, _ in told]
    made = signed(key, signing_text("POST", INBOX, told))
    headers = {
        "Host": host, "Date": told[1][1], "Digest": digest, "Content-Length": str(len(body)),
        "Content-Type": "application/activity+json", "Signature": header(f"{by}#main-key", names, made),
    }  # fmt: skip
    return form("POST", INBOX, headers) + body


def notes(key: rsa.RSAPrivateKey, port: int, count: int, actors: int) -> list[bytes]:
    """Notes and likes, by turns."""
    made = []
    for number in range(count):
        by = actor(number % actors, port)
        note = {"type": "Note", "id": f"{by}/n/{number}", "attributedTo": by, "content": "<p>Words</p>" * 20}
        kinds = ({"type": "Create", "object": note}, {"type": "Like", "object": f"{HOME}/music/tracks/t"})
        made.append(a_post(key, by, {"id": f"{by}/{number}", **kinds[number % 2]}))
    return made


def follows(key: rsa.RSAPrivateKey, port: int, count: int) -> list[bytes]:
    """One wish of each."""
    wishes = ((by, f"{by}#follows/1") for by in (actor(number, port) for number in range(count)))
    return [a_post(key, by, {"id": fid, "type": "Follow", "object": LIBRARY}) for by, fid in wishes]


def waiting(dsn: str) -> int:
    """Posts that have had no effect yet."""
    with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM received WHERE state = 'waiting'")
        [(count,)] = cursor.fetchall()
        return int(count)


def answered(dsn: str) -> int:
    """Deliveries that are done."""
    with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM delivery WHERE state = 'done'")
        [(count,)] = cursor.fetchall()
        return int(count)


def verifying_rate(seconds: float = 1.0) -> float:
    """RSA signatures checked a second, on one core."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    text = b"x" * 200
    made = key.sign(text, padding.PKCS1v15(), hashes.SHA256())
    public, until, count = key.public_key(), time.perf_counter() + seconds, 0
    while time.perf_counter() < until:
        public.verify(made, text, padding.PKCS1v15(), hashes.SHA256())
        count += 1
    return count / seconds


def main() -> None:
    """All of it."""
    words = [int(word) for word in sys.argv[1:3]]
    posts, followers = (*words, *(POSTS, FOLLOWERS)[len(words) :])
    port, dsn, keys = free_port(), SafePostgres().fresh_database(), new_keys()
    told = {"port": port, "servers": SERVERS, "actors": followers, "private": keys.private, "public": keys.public,
            "home": HOME, "library": LIBRARY}  # fmt: skip
    with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute(FILL, told)
    exempt = ",".join(f"127.0.1.{number}" for number in range(1, SERVERS + 1))
    far = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.deliveries", "receive", str(port)], stdout=subprocess.PIPE
    )
    settings = {"DATABASE_URL": url_of(dsn), "FEDERATION_ALLOW_PRIVATE": exempt, "FUNKWHALE_HOSTNAME": "pod.example",
                "FUNKWHALE_PROTOCOL": "https"}  # fmt: skip
    try:
        assert far.stdout is not None and far.stdout.readline()
        with Pod(**settings) as pod:
            key = private_key(keys.private)
            print(f"plain: {verifying_rate():.0f} checks a second on one core, {signing_rate():.0f} signatures on two")
            first = ask(pod.port, notes(key, port, 1, 1)[0])
            assert first.status == 202, first
            take_in(pod, dsn, notes(key, port, posts, followers))
            answer(pod, dsn, follows(key, port, followers))
    finally:
        far.kill()
        far.wait()


def take_in(pod: Pod, dsn: str, requests: Sequence[bytes]) -> None:
    """Posts that are answered and dispatched."""
    cpu, began = pod.cpu_seconds, time.perf_counter()
    told = crowd(pod.port, requests, count=len(requests), lines=LINES)
    while waiting(dsn):
        time.sleep(0.05)
    seconds = time.perf_counter() - began
    each = 1e3 * (pod.cpu_seconds - cpu) / len(requests)
    print(
        f"{len(requests)} posts on {LINES} connections: {told.rate:.0f} a second accepted ({told.refused} refused), "
        f"p95 {told.percentile(0.95):.1f} ms; {len(requests) / seconds:.0f} a second dispatched, {each:.2f} ms CPU each"
    )


def answer(pod: Pod, dsn: str, requests: Sequence[bytes]) -> None:
    """Follows that are answered by an Accept."""
    cpu, began, before = pod.cpu_seconds, time.perf_counter(), answered(dsn)
    told = crowd(pod.port, requests, count=len(requests), lines=LINES)
    while waiting(dsn) or left(dsn):
        time.sleep(0.05)
    seconds = time.perf_counter() - began
    each = 1e3 * (pod.cpu_seconds - cpu) / len(requests)
    count = answered(dsn) - before
    print(
        f"{len(requests)} follows ({told.refused} refused): {count} Accepts back, {count / seconds:.0f} a second, "
        f"{each:.2f} ms CPU each"
    )


if __name__ == "__main__":
    main()

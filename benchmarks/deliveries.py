"""
How fast one activity reaches 10,000 followers on 200 servers, beside plain signing; and what the pages make of it.

    python -m benchmarks.deliveries [FOLLOWERS [SERVERS]]

Every follower has an inbox of their own, so that each costs a signature.  The servers are one process that answers 202
on 200 loopback addresses, with which connections are kept.  It stands for other machines, and gives way to this one.

It is said twice.  The first time nobody looks at anything, and it goes as fast as it can.  The second time somebody
looks at pages, and it goes as fast as they do not notice.  The page is looked at before, too, while nothing else
happens, and afterwards, while plain programs, as gentle as our children, sign and post as much a second to the same
servers: that is what the page could have at best.
"""

from __future__ import annotations

import re
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2.extensions
from attrs import frozen
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import react

from benchmarks.asking import Round, crowd, form
from benchmarks.processes import free_port
from benchmarks.safe import SafePostgres
from benchmarks.server import Pod
from fwtwisted.core.fediverse.inbox import Inbox
from fwtwisted.core.fediverse.sending.outbox import Outbox, OutboxSettings, Outgoing, same_for_all
from fwtwisted.core.fediverse.sending.recipients import followers_of
from fwtwisted.core.people.keys import new_keys
from fwtwisted.db.pool import Database, DatabaseSettings, Tx
from fwtwisted.outside.couriers import NICENESS
from fwtwisted.outside.giving_way import give_way
from fwtwisted.wire.activitypub.activities import create
from fwtwisted.wire.activitypub.contexts import PUBLIC

FOLLOWERS, SERVERS = 10_000, 200
CORES = 2
QUIET_SECONDS = PLAIN_SECONDS = 5.0
PAGE = "/api/v1/instance/nodeinfo/2.0/"
ANSWER = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}"


# --- the far end ---------------------------------------------------------------------------------


def receive(port: int) -> None:
    """Take whatever comes, on every loopback address."""
    give_way(0)
    door = socket.create_server(("0.0.0.0", port), backlog=1024)
    door.setblocking(False)
    watch = selectors.DefaultSelector()
    watch.register(door, selectors.EVENT_READ)
    heard: dict[socket.socket, bytes] = {}
    print("ready", flush=True)
    while True:
        for key, _ in watch.select():
            line = key.fileobj
            assert isinstance(line, socket.socket)
            if line is door:
                caller, _ = door.accept()
                caller.setblocking(False)
                watch.register(caller, selectors.EVENT_READ)
                heard[caller] = b""
            else:
                _hear(watch, line, heard)


def post(port: int, servers: int, rate: float, seconds: float) -> None:
    """Sign and post so many a second to the servers in turn, on kept connections; print how many that were."""
    give_way(NICENESS)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    lines = [socket.create_connection((f"127.0.1.{1 + number}", port)) for number in range(servers)]
    request = form("POST", "/inbox", {"Content-Type": "application/activity+json"}, {"type": "Create", "x": "x" * 300})
    began, count = time.perf_counter(), 0
    while (now := time.perf_counter() - began) < seconds:
        if count > rate * now:
            time.sleep(0.001)
            continue
        key.sign(request, padding.PKCS1v15(), hashes.SHA256())
        line = lines[count % servers]
        line.sendall(request)
        assert line.recv(1 << 16) == ANSWER
        count += 1
    print(count)


def _hear(watch: selectors.BaseSelector, line: socket.socket, heard: dict[socket.socket, bytes]) -> None:
    try:
        piece = line.recv(1 << 16)
    except ConnectionError:
        piece = b""
    if not piece:
        watch.unregister(line)
        line.close()
        del heard[line]
        return
    text = heard[line] + piece
    head, blank, body = text.partition(b"\r\n\r\n")
    length = next((int(one[15:]) for one in head.split(b"\r\n") if one.lower().startswith(b"content-length:")), 0)
    if blank and len(body) >= length:
        line.sendall(ANSWER)
        text = b""
    heard[line] = text


# --- beside --------------------------------------------------------------------------------------


def signing_rate(seconds: float = 2.0) -> float:
    """RSA signatures a second on both cores, by two threads that do nothing else."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def work(_: int) -> int:
        until, count = time.perf_counter() + seconds, 0
        while time.perf_counter() < until:
            key.sign(b"x" * 200, padding.PKCS1v15(), hashes.SHA256())
            count += 1
        return count

    with ThreadPoolExecutor(CORES) as pool:
        return sum(pool.map(work, range(CORES))) / seconds


# --- what is said --------------------------------------------------------------------------------

FILL = """
    INSERT INTO domain (name) VALUES ('pod.example') ON CONFLICT DO NOTHING;
    INSERT INTO domain (name) SELECT format('127.0.1.%%s:%%s', n, %(port)s) FROM generate_series(1, %(servers)s) AS n;
    INSERT INTO actor (fid, domain, preferred_username, private_key, public_key, key_id)
    VALUES ('https://pod.example/federation/actors/speaker', 'pod.example', 'speaker', %(private)s, %(public)s,
            'https://pod.example/federation/actors/speaker#main-key');
    INSERT INTO actor (fid, domain, preferred_username, inbox_url)
    SELECT format('http://%%s/%%s', name, n), name, format('f%%s', n), format('http://%%s/%%s/inbox', name, n)
      FROM (SELECT n, format('127.0.1.%%s:%%s', 1 + n %% %(servers)s, %(port)s) AS name
              FROM generate_series(1, %(followers)s) AS n) AS told;
    INSERT INTO follow (fid, actor_id, target_actor_id, approved)
    SELECT gen_random_uuid()::text, follower.id, speaker.id, true
      FROM actor AS follower, actor AS speaker
     WHERE follower.private_key IS NULL AND speaker.preferred_username = 'speaker';
    ANALYZE;
"""


async def say(_: object, dsn: str, name: str) -> None:
    """Put one activity down."""
    database = Database(reactor, DatabaseSettings(dsn))
    outbox = Outbox(Inbox(database, lambda *_: None), lambda *_: None, OutboxSettings())
    actor = "https://pod.example/federation/actors/speaker"
    audio = {"type": "Audio", "id": f"https://pod.example/{name}"}
    document = create(f"https://pod.example/{name}/1", actor, audio, [PUBLIC])

    async def work(tx: Tx) -> None:
        id = await tx.one(int, "SELECT id FROM actor WHERE preferred_username = 'speaker'")
        outgoing = Outgoing("Create", document["id"], id, audio["id"], same_for_all(document))
        await outbox.send(tx, outgoing, followers_of(id))

    await database.transaction(work)
    await database.close()


def fill(dsn: str, port: int, followers: int, servers: int) -> None:
    """The speaker and all who follow."""
    keys = new_keys()
    told = {"port": port, "servers": servers, "followers": followers, "private": keys.private, "public": keys.public}
    with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute(FILL, told)


def url_of(dsn: str) -> str:
    """The same as the server is told it."""
    told = psycopg2.extensions.parse_dsn(dsn)
    return f"postgresql://{told['user']}@{quote(told['host'], safe='')}:{told['port']}/{told['dbname']}"


def left(dsn: str) -> int:
    """Deliveries that wait."""
    with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM delivery WHERE state = 'waiting'")
        count: Any = cursor.fetchall()[0][0]
        return int(count)


@frozen
class Delivered:
    """
    What came of saying it once.

    :ivar rate: deliveries a second.  :ivar each: µs of CPU a delivery; ``own`` of them in the server's own process.
    :ivar waited: µs that the server waited for a processor each time that it wanted one; of all of these, the mean.
    :ivar pages: that somebody looked at meanwhile.
    """

    rate: float
    each: float
    own: float
    waited: float
    pages: Round


def main() -> None:
    """All of it."""
    words = sys.argv[1:]
    followers = int(words[0]) if words else FOLLOWERS
    servers = int(words[1]) if len(words) > 1 else SERVERS
    port, dsn = free_port(), SafePostgres().fresh_database()
    fill(dsn, port, followers, servers)
    exempt = ",".join(f"127.0.1.{number}" for number in range(1, servers + 1))
    far = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.deliveries", "receive", str(port)], stdout=subprocess.PIPE
    )
    try:
        assert far.stdout is not None and far.stdout.readline()
        with Pod(DATABASE_URL=url_of(dsn), FEDERATION_ALLOW_PRIVATE=exempt, FEDERATION_DELIVERY_HASTE="1") as pod:
            measure(pod, dsn, port, followers, servers)
    finally:
        far.kill()
        far.wait()


def measure(pod: Pod, dsn: str, port: int, followers: int, servers: int) -> None:
    """Say it while nobody looks, and while somebody does."""
    signing = signing_rate()
    full = delivered(pod, dsn, "unseen", followers, lambda: time.sleep(0.05))
    print(f"{followers} deliveries, nobody looks: {told(full)}")
    print(f"children that deliver: {', '.join(f'{one:.0f}' for one in couriers_mib(pod.pid)) or 'no'} MiB")
    print(f"plain signing on {CORES} cores: {signing:.0f} a second; ratio {full.rate / signing:.2f}")
    pod.settle()
    quiet = look(pod.port, QUIET_SECONDS)
    gentle = delivered(pod, dsn, "seen", followers, lambda: look(pod.port, 0.3))
    least, plain = floor(pod, port, servers, gentle.rate)
    alone, found, best = (one.percentile(0.95) for one in (quiet, gentle.pages, least))
    print(f"{followers} deliveries, somebody looks at {len(gentle.pages.waits)} pages: {told(gentle)}")
    print(f"a page: p95 {alone:.2f} ms alone, {found:.2f} ms while we deliver: {found / alone:.2f} times")
    print(
        f"beside plain programs that sign and post {plain:.0f} a second: {best:.2f} ms; {found / best:.2f} times that"
    )


def told(one: Delivered) -> str:
    """In words."""
    costs = f"{one.each:.0f} µs CPU each, {one.own:.0f} of them in the server's own process (with what pages cost)"
    return f"{one.rate:.0f} a second, {costs}, which waits {one.waited:.0f} µs for a processor each time"


def delivered(pod: Pod, dsn: str, name: str, followers: int, watch: Callable[[], Round | None]) -> Delivered:
    """Say it, and watch until it is delivered."""
    subprocess.run([sys.executable, "-m", "benchmarks.deliveries", "say", dsn, name], check=True, capture_output=True)
    while left(dsn) == followers:  # nobody rang for it
        time.sleep(0.02)
    before, pages = waits(pod.pid), Round()
    began, cpu, own = time.perf_counter(), pod.cpu_seconds, pod.own_cpu_seconds
    while left(dsn):
        seen = watch()
        pages.waits += seen.waits if seen else []
    seconds = time.perf_counter() - began
    each, here = 1e6 * (pod.cpu_seconds - cpu), 1e6 * (pod.own_cpu_seconds - own)
    waited, times = (after - once for after, once in zip(waits(pod.pid), before, strict=True))
    return Delivered(followers / seconds, each / followers, here / followers, waited / max(1, times) / 1000, pages)


def waits(pid: int) -> tuple[int, int]:
    """Nanoseconds that the first thread of a process waited for a processor until now, and how often it was let in."""
    _, waited, times = Path(f"/proc/{pid}/schedstat").read_text().split()
    return int(waited), int(times)


def floor(pod: Pod, port: int, servers: int, rate: float) -> tuple[Round, float]:
    """A page while plain programs post as much to the same servers; and how much a second they did."""
    words = [sys.executable, "-m", "benchmarks.deliveries", "post", str(port), str(servers), str(rate / CORES)]
    several = [subprocess.Popen([*words, str(PLAIN_SECONDS + 1)], stdout=subprocess.PIPE) for _ in range(CORES)]
    time.sleep(1)  # they start
    found = look(pod.port, PLAIN_SECONDS)
    counts = [int(one.communicate()[0]) for one in several]
    return found, sum(counts) / (PLAIN_SECONDS + 1)


def couriers_mib(pid: int) -> list[float]:
    """Memory of each child that delivers, as far as it shares it with nobody."""
    found = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        if b"couriers" in Path(f"/proc/{child}/cmdline").read_bytes():
            told = Path(f"/proc/{child}/smaps_rollup").read_text()
            found.append(sum(int(kb) for kb in re.findall(r"Private_\w+: +([0-9]+) kB", told)) / 1024)
    return found


def look(port: int, seconds: float) -> Round:
    """Somebody who looks at pages."""
    return crowd(port, [form("GET", PAGE)], seconds=seconds, lines=1, rest=0.01)


if __name__ == "__main__":
    match sys.argv[1:2]:
        case ["receive"]:
            receive(int(sys.argv[2]))
        case ["post"]:
            post(int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), float(sys.argv[5]))
        case ["say"]:
            react(lambda clock, *words: Deferred.fromCoroutine(say(clock, *words)), sys.argv[2:4])
        case _:
            main()

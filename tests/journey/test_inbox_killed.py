"""What an inbox has acknowledged has its effect, whenever the server is killed."""

from __future__ import annotations

import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

import orjson
import psycopg2
import psycopg2.extensions
from twisted.trial.unittest import SynchronousTestCase

from tests.pod import PATIENCE_SECONDS, Pod, until
from tests.servers import postgres
from tests.signed import INBOX, a_key, a_request, by_cavage, pem

HOME = "https://pod.example/federation"
FOLLOWERS = 120
FILL = """
    INSERT INTO domain (name) VALUES ('pod.example'), ('far.example') ON CONFLICT DO NOTHING;
    INSERT INTO actor (fid, domain, preferred_username, private_key)
    VALUES (%(home)s || '/actors/owner', 'pod.example', 'owner', 'PEM');
    INSERT INTO library (fid, followers_url, actor_id, name, privacy_level)
    SELECT %(home)s || '/music/libraries/open', 'x', id, 'open', 'everyone' FROM actor;
    INSERT INTO actor (fid, domain, preferred_username, inbox_url, public_key, key_id)
    SELECT fid, 'far.example', format('f%%s', n), fid || '/inbox', %(public)s, fid || '#main-key'
      FROM (SELECT n, format('https://far.example/%%s', n) AS fid FROM generate_series(1, %(count)s) AS n) AS told;
"""


class KilledTests(SynchronousTestCase):
    """The server is killed before, and while, it does what it was told."""

    def setUp(self) -> None:
        self.dsn = postgres().fresh_database()
        self.addCleanup(postgres().drop, self.dsn)
        with psycopg2.connect(self.dsn) as connection, connection.cursor() as cursor:
            cursor.execute(FILL, {"home": HOME, "public": pem(a_key()), "count": FOLLOWERS})

    def pod(self, *options: str) -> Pod:
        """A server on the database."""
        told = psycopg2.extensions.parse_dsn(self.dsn)
        settings = {
            "DATABASE_URL": f"postgresql://{told['user']}@{quote(told['host'], safe='')}/{told['dbname']}",
            "FUNKWHALE_HOSTNAME": "pod.example", "FUNKWHALE_PROTOCOL": "https", "DJANGO_SECRET_KEY": "known to nobody",
        }  # fmt: skip
        pod = Pod(Path(self.enterContext(tempfile.TemporaryDirectory()), "data"), settings, options)
        self.addCleanup(pod.remove)
        return pod

    def count(self, table: str) -> int:
        """How many rows there are."""
        with psycopg2.connect(self.dsn) as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table}")
            [(count,)] = cursor.fetchall()
            return int(count)

    def lapse(self) -> None:
        """Let the time pass after which what a dead process held is free; its last statement may still be under way."""
        others = "pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        until(lambda: not self.count(others), "the end of its connections")
        with psycopg2.connect(self.dsn) as connection, connection.cursor() as cursor:
            cursor.execute("UPDATE job SET due = now() WHERE held")

    def test_acknowledged_is_done(self) -> None:
        """Killed after it has answered, and again in the midst of the work: all follow, each was answered once."""
        web = self.pod("--roles=web")
        web.start()
        for number in range(1, FOLLOWERS + 1):
            self.assertEqual(202, follow(web.port, number))
        web.kill()
        self.assertEqual((FOLLOWERS, 0), (self.count("received"), self.count("follow")))
        whole = self.pod()
        whole.start()
        until(lambda: self.count("follow"), "somebody follows")
        whole.kill()
        self.lapse()
        whole.start()
        until(lambda: self.count("received WHERE state = 'waiting'") == 0, "all is done", 2 * PATIENCE_SECONDS)
        self.assertEqual((FOLLOWERS, FOLLOWERS), (self.count("follow WHERE approved"), self.count("outgoing")))


def follow(port: int, number: int) -> int:
    """Somebody asks; the status of the answer."""
    fid = f"https://far.example/{number}"
    wish = {"type": "Follow", "id": f"{fid}#follows/1", "actor": fid, "object": f"{HOME}/music/libraries/open"}
    body = orjson.dumps(wish)
    signed = by_cavage(a_request(target=INBOX, body=body, now=time.time()), a_key(), key_id=f"{fid}#main-key")
    headers = {name: ", ".join(values) for name, values in signed.headers.items()}
    line = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    line.request("POST", INBOX, body, headers | {"content-type": "application/activity+json"})
    status = line.getresponse().status
    line.close()
    return status

"""Several processes use one private PostgreSQL."""

from __future__ import annotations

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.internet.task import deferLater

from fwtwisted.embedded import EmbeddedError
from fwtwisted.embedded.cluster import Cluster
from fwtwisted.embedded.locks import FileLock
from tests.embedded.case import OnFolder, lives, query
from tests.waiting import until


class SharingTests(OnFolder):
    """Several processes use one cluster; the last one out stops it."""

    async def test_one_server(self) -> None:
        """A second server on the folder is refused, and told by whom."""
        child = self.child("server")
        await child.up()
        told = await self.refusal()
        self.assertIn(f"process {child.process.pid}", told)
        self.assertIn(str(self.data), told)
        self.assertIn("--data", told)

    async def test_command_beside_server(self) -> None:
        """A command uses the server's PostgreSQL and leaves it running."""
        server = self.user()
        await server.start(server=True)
        command = self.child("command")
        self.assertEqual(server.pid, await command.up())
        await command.leave()
        self.assertTrue(lives(server.pid or 0))

    async def test_command_alone(self) -> None:
        """A command without a server starts PostgreSQL and stops it."""
        command = self.child("command")
        pid = await command.up()
        await command.leave()
        self.assertFalse(lives(pid))

    async def test_server_joins_command(self) -> None:
        """PostgreSQL outlives the command that started it when a server has come meanwhile, and stops with that."""
        command = self.child("command")
        pid = await command.up()
        server = self.user()
        dsn = await server.start(server=True)
        self.assertEqual(pid, server.pid)
        await command.leave()
        self.assertEqual([(1,)], query(dsn, "SELECT 1"))
        await server.stop()
        self.assertFalse(lives(pid))

    async def test_all_at_once(self) -> None:
        """Many who come together make one cluster, and PostgreSQL stops when all are gone."""
        children = [self.child("command") for _ in range(4)]
        pids = await gatherResults([Deferred.fromCoroutine(child.up()) for child in children])
        self.assertEqual(1, len(set(pids)))
        await gatherResults([Deferred.fromCoroutine(child.leave()) for child in children])
        self.assertFalse(lives(pids[0]))

    async def test_stopped_while_starting(self) -> None:
        """Whoever stops in the middle of a start leaves nothing behind."""
        postgres = self.user()
        started = postgres.start(server=True)
        stopped = Deferred.fromCoroutine(postgres.stop())
        with self.assertRaises(EmbeddedError):
            await started
        await stopped
        await self.user().start(server=True)

    async def test_cancelled_while_starting(self) -> None:
        """Whoever cancels a start leaves nothing behind either, nor anything under way."""
        for turns in (0.0, 0.05, 0.02, 0.1, 0.2):
            postgres = self.user()
            started = postgres.start(server=True)
            await deferLater(reactor, turns)
            if started.called and (self.data / "postgres").exists():  # it was quicker, as the cluster is there
                await postgres.stop()
                continue
            started.cancel()
            with self.assertRaises(CancelledError):
                await started
            self.assertFalse((self.data / "postgres.new").exists())
        dsn = await self.user().start(server=True)
        self.assertEqual([(1,)], query(dsn, "SELECT 1"))

    async def test_cancelled_when_launched(self) -> None:
        """A PostgreSQL that was launched, and has said nothing yet, is stopped too."""
        launch = Cluster.launch

        def launched(cluster: Cluster) -> object:
            try:
                return launch(cluster)
            finally:
                reactor.callFromThread(started.cancel)  # type: ignore[attr-defined]

        self.patch(Cluster, "launch", launched)
        for _ in range(3):
            started = self.user().start(server=True)
            with self.assertRaises(CancelledError):
                await started
            alive = FileLock(self.data / "postgres.alive")
            await until(alive.take)  # its logger ends a moment after it
            alive.release()

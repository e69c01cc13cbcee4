"""How long feeds and their hosts are left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from fwtwisted.core.podcasts.asking import LONGEST_REST, retry_after
from fwtwisted.core.podcasts.feeds import LONGEST_BACK_OFF, back_off
from fwtwisted.wire.http import http_date

NOW = datetime(2026, 1, 6, 12, tzinfo=UTC)


class PatienceTests(SynchronousTestCase):
    """Pure sums."""

    def test_retry_after(self) -> None:
        """Seconds or a date, never more than a week, never less than nothing."""
        later, earlier = (http_date(NOW + timedelta(hours=hours)).decode() for hours in (2, -2))
        for header, seconds in (
            ("120", 120.0), (" 7 ", 7.0), (later, 7200.0), (earlier, 0.0), ("99999999999", LONGEST_REST),
            (None, None), ("", None), ("soon", None), ("-5", None), ("1.5", None), ("٣", None),
        ):  # fmt: skip
            self.assertEqual(seconds, retry_after(header, NOW), header)

    @given(st.text(max_size=60))
    def test_any_retry_after(self, header: str) -> None:
        """Whatever a host sends."""
        rest = retry_after(header, NOW)
        self.assertTrue(rest is None or 0 <= rest <= LONGEST_REST)

    def test_back_off(self) -> None:
        """An hour, then twice as long each time, at most a week."""
        self.assertEqual([1, 2, 4, 8], [back_off(failures, 0.5) / 3600 for failures in range(4)])
        self.assertEqual(LONGEST_BACK_OFF, back_off(10_000, 0.5))
        self.assertLess(back_off(3, 0.0), back_off(3, 0.99))

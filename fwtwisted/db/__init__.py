"""The only SQL in the house: functions that take a ``Tx``."""

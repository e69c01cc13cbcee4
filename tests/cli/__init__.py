"""The command ``fwtwisted``, as people and scripts run it: child processes, on real databases and folders."""

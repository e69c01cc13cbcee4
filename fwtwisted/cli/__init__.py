"""
The command ``fwtwisted``: what people do at the machine's own shell, whether the server runs or not.

``main`` reads the command line and runs one command on the reactor, ``desk`` is what a command works with.  Each other
module is one group of commands; a command is a coroutine function that yields the exit status.
"""

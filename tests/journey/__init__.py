"""The whole server from outside: started as people start it, used as people use it, ended as machines end it."""

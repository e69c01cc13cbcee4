"""
What crosses between people and between pods: follows and what they open, inboxes, look-ups, actors and servers.

Here is what concerns one pod alone; where another server has to be asked, a part is handed who asks it.
"""

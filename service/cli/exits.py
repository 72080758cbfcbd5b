"""Exit codes, the same for every command.

0: done. 1: nothing matched, or a document was refused. 2: wrong usage, such as a syntax error in a
spec. 3: the service, the database or the embedded server cannot be used. 4: no such spec, or an
abbreviated hash that several specs share. 141: the reader of a pipe, such as `head`, has ended.
"""

NOTHING = 1
USAGE = 2
UNAVAILABLE = 3
NOT_FOUND = 4
BROKEN_PIPE = 141

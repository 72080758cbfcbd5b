import sys


def msg(text):
    print("==> " + text)


def warn(text):
    print("==> Warning: " + text, file=sys.stderr)


def error(text):
    print("==> Error: " + text, file=sys.stderr)

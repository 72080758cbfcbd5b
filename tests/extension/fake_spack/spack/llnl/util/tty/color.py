import re


def cescape(text):
    return text.replace("@", "@@")


def colorize(text):
    def plain(match):
        return "@" if match[0] == "@@" else (match[1] or "").replace("}}", "}")

    return re.sub(r"@(?:@|\.|\*?[a-zA-Z]?(?:{((?:[^}]|}})*)})?)", plain, text)

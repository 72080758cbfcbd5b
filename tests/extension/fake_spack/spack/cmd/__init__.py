class Abstract:
    def __init__(self, text):
        self.name = text

    def __str__(self):
        return self.name


def parse_specs(texts):
    return [Abstract(text) for text in texts]

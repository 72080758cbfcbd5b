import json


class Node:
    def __init__(self, record):
        self.record = record
        self.name, self.version = record["name"], str(record["version"])
        self.external = bool(record.get("external"))

    def dag_hash(self, length=None):
        return self.record["hash"][:length]


class Spec(Node):
    def __init__(self, path, prefix=None):
        self.path, self.prefix = path, prefix
        with open(path) as file:
            self.document = json.load(file)
        super().__init__(self.document["spec"]["nodes"][0])

    def traverse(self, root=True):
        nodes = self.document["spec"]["nodes"]
        return [self, *map(Node, nodes[1:])] if root else list(map(Node, nodes[1:]))

    def to_json(self, hash):
        assert hash == "dag_hash"
        return json.dumps(self.document)

    def __str__(self):
        return self.name

import base64
import hashlib
import json
import os

import spack


class Node:
    prefix = "/none"

    def __init__(self, record):
        self.record = record
        self.name, self.version = record["name"], str(record["version"])
        self.external = bool(record.get("external"))

    def dag_hash(self, length=None):
        return self.record["hash"][:length]


class Spec(Node):
    def __init__(self, path, prefix=None):
        self.path = path
        stem = os.path.splitext(os.path.basename(path))[0]
        self.prefix = prefix or os.path.join(spack.ROOT, "opt", stem)
        with open(path) as file:
            self.document = json.load(file)
        super().__init__(self.document["spec"]["nodes"][0])

    def traverse(self, root=True):
        nodes = self.document["spec"]["nodes"]
        return [self, *map(Node, nodes[1:])] if root else list(map(Node, nodes[1:]))

    def to_json(self, hash):
        assert hash == "dag_hash"
        return json.dumps(self.document)

    def spec_hash(self, hash):
        assert hash == "dag_hash"
        body = {key: value for key, value in self.record.items() if key != "hash"}
        text = json.dumps(body, separators=(",", ":"))
        computed = base64.b32encode(hashlib.sha1(text.encode()).digest()).decode().lower()
        if "build_spec" in body:
            return computed[:-7] + body["build_spec"]["hash"][-7:]
        return computed

    def __str__(self):
        return self.name

import collections
import datetime
import json
import os

import spack
import spack.spec

Record = collections.namedtuple("Record", "spec path installed explicit installation_time")


class Database:
    def rows(self):
        try:
            with open(os.path.join(spack.ROOT, "fake-db.jsonl")) as file:
                return [json.loads(line) for line in file]
        except FileNotFoundError:
            return []

    def add(self, path, prefix, explicit, time):
        row = {"path": path, "prefix": prefix, "explicit": explicit, "time": time}
        with open(os.path.join(spack.ROOT, "fake-db.jsonl"), "a") as file:
            file.write(json.dumps(row) + "\n")

    def reindex(self):
        installs = {}
        for row in self.rows():
            spec = spack.spec.Spec(row["path"], row["prefix"])
            for node in spec.document["spec"]["nodes"]:
                absent = {"path": None, "installed": False, "explicit": False}
                installs.setdefault(node["hash"], {"spec": node, **absent})
            installs[spec.dag_hash()].update(
                path=row["prefix"],
                installed=True,
                explicit=row["explicit"],
                installation_time=row["time"],
            )
        path = os.path.join(Store.root, ".spack-db", "index.json")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            json.dump({"database": {"version": "8", "installs": installs}}, file)

    def query(self, spec=None, explicit=None, start_date=None):
        found = []
        for row in self.rows():
            each = spack.spec.Spec(row["path"], row["prefix"])
            when = datetime.datetime.fromtimestamp(row["time"])
            if spec is not None and each.name != spec.name:
                continue
            if explicit is not None and explicit != row["explicit"]:
                continue
            if start_date is None or start_date < when:
                found.append(each)
        return found

    def query_by_spec_hash(self, hash_):
        for row in self.rows():
            each = spack.spec.Spec(row["path"], row["prefix"])
            if each.dag_hash() == hash_:
                record = Record(each, row["prefix"], True, row["explicit"], row["time"])
                return False, record
        return False, None


class Store:
    root = os.path.join(spack.ROOT, "opt")
    db = Database()


STORE = Store()

dag_hash = "dag_hash"

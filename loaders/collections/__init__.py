"""Documents that hold many specs: indexes, lockfiles, build caches, manifests."""

# The service without the embedded Neo4j: it needs one at SPECGRAPH_NEO4J_URI.
FROM python:3.13-slim AS build

WORKDIR /src
COPY requirements.lock requirements-build.lock ./
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --no-cache-dir --require-hashes -r requirements-build.lock \
    && python -m venv /opt/specgraph \
    && /opt/specgraph/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml setup.py *.md LICENSE-APACHE LICENSE-MIT ./
COPY docs ./docs
COPY cypher ./cypher
COPY graph_models ./graph_models
COPY loaders ./loaders
COPY service ./service
COPY spec_syntax ./spec_syntax
# The scripts of the pages are bundled by packages that package-lock.json locks.
RUN /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation -w /opt/build/wheels . \
    && /opt/specgraph/bin/pip install --no-cache-dir --no-deps --no-index /opt/build/wheels/*.whl \
    && /opt/specgraph/bin/pip check

FROM python:3.13-slim

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PATH=/opt/specgraph/bin:$PATH

COPY --from=build /opt/specgraph /opt/specgraph
RUN useradd --system --create-home --uid 10001 specgraph

WORKDIR /home/specgraph
USER specgraph
EXPOSE 8642

HEALTHCHECK --interval=15s --timeout=8s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8642/readyz', timeout=6)"]

ENTRYPOINT ["specgraph"]
CMD ["serve", "--host", "0.0.0.0", "--require-token"]

# The service without the embedded Neo4j: it needs one at SPECGRAPH_NEO4J_URI.
FROM python:3.13-slim AS build

WORKDIR /src
COPY requirements-build.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements-build.lock
COPY pyproject.toml setup.py README.md LICENSE-APACHE LICENSE-MIT ./
COPY cypher ./cypher
COPY graph_models ./graph_models
COPY loaders ./loaders
COPY service ./service
COPY spec_syntax ./spec_syntax
# The scripts of the pages are bundled by packages that package-lock.json locks.
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels .

FROM python:3.13-slim

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

COPY requirements.lock /src/
COPY --from=build /wheels /src/wheels
RUN pip install --no-cache-dir --require-hashes -r /src/requirements.lock \
    && pip install --no-cache-dir --no-deps --no-index /src/wheels/*.whl \
    && pip check \
    && rm -r /src \
    && useradd --system --create-home --uid 10001 specgraph

WORKDIR /home/specgraph
USER specgraph
EXPOSE 8642

HEALTHCHECK --interval=15s --timeout=8s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8642/readyz', timeout=6)"]

ENTRYPOINT ["specgraph"]
CMD ["serve", "--host", "0.0.0.0"]

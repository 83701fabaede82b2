# Media Ingest with NSFW detection, videos and PostgreSQL, exactly as locked. What it needs to be told: compose.yaml.
FROM python:3.11-slim-trixie
COPY --from=ghcr.io/astral-sh/uv:0.13 /uv /usr/local/bin/
COPY . /source
RUN UV_PROJECT_ENVIRONMENT=/opt/media-ingest uv sync --project /source --frozen --no-dev --all-extras --no-editable --no-cache --compile-bytecode \
    && rm -r /source && useradd --uid 1000 --create-home ingest && install --owner ingest --directory /library
USER 1000
WORKDIR /library
ENV PATH=/opt/media-ingest/bin:$PATH PYTHONUNBUFFERED=1 INGEST_HOST=0.0.0.0 INGEST_MEDIA_ROOTS=photos=/photos INGEST_STATE_DIR=/library/state
EXPOSE 7862
HEALTHCHECK --start-period=30s CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:7862/healthz')"]
CMD ["media-ingest", "serve"]

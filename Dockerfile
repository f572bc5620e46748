# Small images, one per role: `api` (HTTP and inboxes, no OCR, no torch), `worker` (reads on a CPU),
# `worker-gpu` (the same with torch for the vision-language engines).
#   docker build --target api -t pagemill-api .

FROM python:3.11-slim-bookworm AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN groupadd --gid 10001 pagemill && useradd --uid 10001 --gid 10001 --no-create-home pagemill \
 && mkdir /data && chown pagemill:pagemill /data
WORKDIR /app
COPY pyproject.toml README.md LICENSE ./
COPY requirements ./requirements
COPY pagemill ./pagemill
COPY schemas ./schemas
COPY worker ./worker
COPY api ./api
ENTRYPOINT ["pagemill"]

FROM base AS api
RUN pip install --require-hashes --no-deps -r requirements/api.txt && pip install --no-deps .
USER 10001:10001
ENV PAGEMILL_DATA_DIR=/data PAGEMILL_HOST=0.0.0.0
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/livez', timeout=2)"]
CMD ["api"]

FROM base AS worker
RUN apt-get update && apt-get install -y --no-install-recommends libgl1 libglib2.0-0 \
 && rm -rf /var/lib/apt/lists/*
RUN pip install --require-hashes --no-deps -r requirements/worker.txt && pip install --no-deps .
USER 10001:10001
ENV PAGEMILL_DATA_DIR=/data PAGEMILL_HOST=0.0.0.0 PAGEMILL_WORKER_PORT=9108
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:9108/metrics', timeout=2)"]
STOPSIGNAL SIGTERM
CMD ["worker", "--supervised"]

FROM worker AS worker-gpu
USER root
# torch without a hash: which of its builds fits is the machine's business.
RUN pip install "torch==2.13.0" && pip install --require-hashes --no-deps -r requirements/worker-gpu.txt \
 && mkdir /models && chown pagemill:pagemill /models
USER 10001:10001
ENV PAGEMILL_QUEUES=gpu,cpu PAGEMILL_THREADS=8 PAGEMILL_MODELS_DIR=/models HF_HUB_OFFLINE=1

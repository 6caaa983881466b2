# One image for web, workers and beat; they differ by their command (compose.yaml, docs/deploy/kubernetes).
# Python's own image, pinned by its release; renew it with each update of the portal.
FROM python:3.13.9-slim-bookworm AS packages
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
WORKDIR /build
COPY requirements.in requirements.txt ./
# Everything in the versions and with the hashes of the lock; then what only demo, tests and checks need goes again.
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes --requirement requirements.txt \
    && sed -n '/^# Demo/,$ s/^\([a-z][a-z0-9-]*\).*/\1/p' requirements.in | xargs /venv/bin/pip uninstall --yes playwright

FROM python:3.13.9-slim-bookworm
# pg_dump and pg_restore for `manage.py backup` and `restore`: Debian's, for PostgreSQL 15. For a newer server see docs/deploy.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin portal
COPY --from=packages /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 STATIC_ROOT=/app/var/static
WORKDIR /app
COPY manage.py requirements.txt ./
COPY portal portal
COPY services services
COPY invitations invitations
COPY m365 m365
COPY templates templates
COPY static static
# Settings want values to start; these are for this one command and stay in no layer.
RUN env SECRET_KEY=not-used-by-collectstatic-at-all-000 LINK_SIGNING_KEYS=not-used-by-collectstatic-at-all-000 \
    SEALING_KEYS=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= PUBLIC_URL=https://build.invalid \
    DATABASE_URL=postgres://localhost/portal REDIS_URL=redis://localhost EMAIL_URL=smtp://localhost \
    python manage.py collectstatic --no-input --verbosity 0
USER 10001
EXPOSE 8000
# Of the web process; workers and beat have their own in compose.yaml, or none.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-m", "portal.probe"]
# /dev/shm: gunicorn's heartbeat file must not wait for a disk.
CMD ["gunicorn", "portal.wsgi", "-c", "python:portal.gunicornconfig", "--bind", "0.0.0.0:8000", "--workers", "4", "--no-control-socket", "--worker-tmp-dir", "/dev/shm"]

"""Celery's settings, each with its reason. It wakes workers; the work itself is rows in PostgreSQL.

Measured with Celery 5.7, kombu 5.7 and Redis 7: what a setting cannot promise, leases do (docs/architecture.md). So a
message that is lost costs a minute, and one that comes twice finds nothing to do.
"""

from celery.schedules import crontab
from django.conf import settings

from portal.transport import broker_tls

broker_url = settings.REDIS_URL
broker_use_ssl = broker_tls(settings.REDIS_URL)
# A result would be a row's copy that nobody reads.
task_ignore_result = True
# A worker that is killed lost the message it had acknowledged: by default all of them, with this none.
task_acks_late = True
# Even then Celery acknowledges for a slot that was killed, unless it is told not to: redelivered after 2.4 s.
task_reject_on_worker_lost = True
# What a busy or stuck worker has fetched beyond that is hidden from the others.
worker_prefetch_multiplier = 1
# Workers may start before Redis does, and outlive it.
broker_connection_retry_on_startup = True
broker_connection_max_retries = None
# A late message that is redelivered while the first still runs is harmless, for the rows are leased; cancelling it
# would cut a mail in the middle.
worker_cancel_long_running_tasks_on_connection_loss = False
# A turn takes five seconds and the work that it has in hand: a mail 90 s at most, a validation 30. Beyond that a slot
# hangs where no time-out of ours reaches; it is ended, and its lease lets another one take over.
task_soft_time_limit = 240
task_time_limit = 270
broker_transport_options = {
    # Unacknowledged for so long it comes again: longer than the longest task, so that none runs twice for it.
    "visibility_timeout": 300,
    # That is looked for every 10 × 10 s by default, so a killed worker's message came back after 100 s, not in time.
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    # A request that wakes a worker waits for Redis one short try: dead or silent, it must not hold a page.
    "socket_timeout": 1,
    "socket_connect_timeout": 1,
    "max_retries": 0,
}
task_default_queue = "mail"
# The night has workers of its own: those of `microsoft` do what somebody waits for at a page, and nothing else.
task_routes = {
    "m365.tasks.drain_validations": {"queue": "microsoft"},
    "m365.tasks.look_at_the_night": {"queue": "nightly"},
    "m365.tasks.drain_checks": {"queue": "nightly"},
    "m365.tasks.drain_rotations": {"queue": "nightly"},
}
# The log is ours: portal.core.logs.
worker_hijack_root_logger = False
beat_schedule = {
    # The next one comes in a minute: without workers a night must not pile up messages.
    name: {"task": task, "schedule": settings.SWEEP, "options": {"expires": settings.SWEEP.total_seconds()}}
    for name, task in (
        ("mail-sweep", "portal.core.tasks.drain_mail"),
        ("journal-seals", "portal.core.tasks.seal_journal"),
        ("m365-sweep", "m365.tasks.drain_validations"),
        ("invitation-reminders", "invitations.tasks.remind"),
        ("nightly-run", "m365.tasks.look_at_the_night"),
        ("secret-rotations", "m365.tasks.drain_rotations"),
        ("nightly-follow-up", "services.tasks.follow_up"),
    )
} | {"retention": {"task": "portal.core.tasks.purge", "schedule": crontab(hour=3, minute=30)}}

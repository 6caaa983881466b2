"""Celery's settings. It wakes workers; the work itself is rows in PostgreSQL, so a lost message costs a minute."""

from django.conf import settings

broker_url = settings.REDIS_URL
task_ignore_result = True
task_acks_late = True
task_reject_on_worker_lost = True
worker_prefetch_multiplier = 1
broker_connection_retry_on_startup = True
# A dead or silent Redis must not hold a request: one short try. The restore sweep is what brings a
# message back after a killed worker (measured with kombu 5.7: the default takes 100 s).
broker_transport_options = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
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
worker_hijack_root_logger = False
beat_schedule = {
    # The next one comes in a minute: without workers a night must not pile up messages.
    name: {"task": task, "schedule": settings.SWEEP, "options": {"expires": settings.SWEEP.total_seconds()}}
    for name, task in (
        ("mail-sweep", "portal.core.tasks.drain_mail"),
        ("m365-sweep", "m365.tasks.drain_validations"),
        ("invitation-reminders", "invitations.tasks.remind"),
        ("nightly-run", "m365.tasks.look_at_the_night"),
        ("secret-rotations", "m365.tasks.drain_rotations"),
        ("nightly-follow-up", "services.tasks.follow_up"),
    )
}

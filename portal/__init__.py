"""Trunkline: the portal that connects customers' Microsoft 365 tenants for Teams Direct Routing."""

from portal.celery import app as celery_app

__all__ = ["celery_app"]

"""Which of the static files are published: INSTALLED_APPS has this in place of django.contrib.staticfiles."""

from django.contrib.staticfiles.apps import StaticFilesConfig


class PublishedFilesConfig(StaticFilesConfig):
    """What a page loads is collected; the sources of the bundles (`portal.bundle`) stay at home."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "css", "vendor", "*.md"]

"""The roof: one include per app; error pages that carry the request's id."""

from django.urls import include, path

from portal import dashboard, health, metrics
from portal.core import errors

urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("healthz", health.healthz),
    path("metrics", metrics.metrics),
    path("", include("portal.core.urls")),
    path("", include("invitations.urls")),
    path("", include("services.urls")),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error

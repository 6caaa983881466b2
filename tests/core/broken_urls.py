"""One page that breaks, for the error page's tests."""

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path

from portal.urls import handler500  # noqa: F401  # Django looks for it here


@login_not_required
def breaks(request):
    canary = "secret-canary"
    raise RuntimeError(f"broken while holding {len(canary)} characters")


urlpatterns = [path("breaks/", breaks), path("", include("portal.urls"))]

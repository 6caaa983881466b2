"""What gunicorn reads beside its command line: its own words are events of the same log."""

import os

from portal.core import logs

logconfig_dict = logs.configuration(os.environ.get("LOG_LEVEL", "INFO"))
# The portal tells each request by itself; an access log would hold links.
accesslog = None

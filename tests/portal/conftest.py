"""A portal without its database."""

import pytest
from django.db import connection


@pytest.fixture
def unreachable_database(transactional_db):
    """Where this process looks for the database there is none."""
    connection.close()
    host, connection.settings_dict["HOST"] = connection.settings_dict["HOST"], "/nonexistent"
    yield
    connection.settings_dict["HOST"] = host
    connection.close()

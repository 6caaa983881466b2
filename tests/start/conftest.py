import shutil

import pytest

from portal import places


@pytest.fixture
def home():
    """An empty folder that the servers' user can walk into; pytest's own are closed to other users."""
    home = places.new_home()
    home.mkdir()
    yield places.walkable(home)
    shutil.rmtree(home)

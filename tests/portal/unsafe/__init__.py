"""An app whose migrations would break the release that still runs, each in one way; installed by one test only."""

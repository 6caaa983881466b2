"""Signing in: how allauth's pages differ here, second factors, known browsers, passwords, how long a session lasts."""

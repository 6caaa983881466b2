"""A faithful local Microsoft Entra ID and Microsoft Graph for the demo, the tests and the benchmarks.

Knows nothing of the portal and is known to no code of the portal: whatever speaks the protocol can stand in
its place.
"""

"""Names of Entra roles, by the template ids that a token's `wids` claim carries.

Names and ids as in Microsoft's page "Microsoft Entra built-in roles" (learn.microsoft.com/entra/identity/
role-based-access-control/permissions-reference, of 20 January 2026). Only roles that an app for telephony may have,
or that it should better not have; any other id is shown as it is.
"""

from collections.abc import Iterable

NAMES = {
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3": "Application Administrator",
    "cf1c38e5-3621-4004-a7cb-879624dced7c": "Application Developer",
    "158c047a-c907-4556-b7ef-446551a6b5f7": "Cloud Application Administrator",
    "88d8e3e3-8f55-4a1e-953a-9b9898b8876b": "Directory Readers",
    "9360feb5-f418-4baa-8175-e2a00bac4301": "Directory Writers",
    "8329153b-31d0-4727-b945-745eb3bc5f31": "Domain Name Administrator",
    "29232cdf-9323-42fd-ade2-1d097af3e4de": "Exchange Administrator",
    "62e90394-69f5-4237-9190-012177145e10": "Global Administrator",
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451": "Global Reader",
    "fdd7a751-b60b-444a-984c-02652fe8fa1c": "Groups Administrator",
    "4d6ac14f-3453-41d0-bef9-a3e0c569773a": "License Administrator",
    "966707d0-3269-4727-9be2-8c3a10f19b9d": "Password Administrator",
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13": "Privileged Authentication Administrator",
    "e8611ab8-c189-46e8-94e1-60213ab1f814": "Privileged Role Administrator",
    "4a5d8f65-41da-4de4-8968-e035b65339cf": "Reports Reader",
    "194ae4cb-b126-40b2-bd5b-6091b380977d": "Security Administrator",
    "5d6b6bb7-de71-4623-b4af-96380a352509": "Security Reader",
    "f28a1f50-f6e7-4571-818b-6a12f2af6b6c": "SharePoint Administrator",
    "75941009-915a-4869-abe7-691bff18279e": "Skype for Business Administrator",
    "69091246-20e8-4a56-aa4d-066075b2a7a8": "Teams Administrator",
    "baf37b3a-610e-45da-9e62-d9d1e5e8914b": "Teams Communications Administrator",
    "f70938a0-fc10-4177-9e90-2178f8765737": "Teams Communications Support Engineer",
    "fcf91098-03e3-41a9-b5ba-6f0ec8188a12": "Teams Communications Support Specialist",
    "3d762c5a-1b6c-493f-843e-55a3b42923d4": "Teams Devices Administrator",
    "1076ac91-f3d9-41a7-a339-dcdf5f480acc": "Teams Reader",
    "aa38014f-0993-46e9-9b45-30501a20909d": "Teams Telephony Administrator",
    "fe930be7-5e62-47db-91af-98c3a49a38b1": "User Administrator",
}
# Stands in the claim of whatever has no role, and in no list of roles (seen in published app-only Graph tokens).
NO_ROLE = "0997a1d0-0d1d-4acb-b408-d5ca73121e90"


def held(claim: Iterable[str]) -> list[str]:
    """The template ids of the roles that a `wids` claim names, sorted."""
    return sorted({role[:36].lower() for role in claim} - {NO_ROLE})


def names(ids: Iterable[str]) -> list[str]:
    """What people call these roles; an id that is not in the table stands for itself."""
    return sorted(NAMES.get(role, role) for role in ids)

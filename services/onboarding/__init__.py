"""The Onboarding wizard: from Add Service to a created service, one form, view and template per step."""

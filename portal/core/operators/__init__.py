"""Who may sign in, and with which role where: invited, changed and switched off by admins."""

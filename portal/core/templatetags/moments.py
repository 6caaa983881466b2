"""`{% load moments %}`: `{{ at|brief }}` on operators' pages, `{{ at|spelled_out }}` on public ones."""

from django import template

from portal.core import moments

register = template.Library()
register.filter("brief", moments.brief)
register.filter("spelled_out", moments.spelled_out)

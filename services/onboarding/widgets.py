"""Controls of the Onboarding wizard that say more than Django's own."""

from typing import Any

from django import forms


class ExplainedRadios(forms.RadioSelect):
    """Radio buttons with a sentence each."""

    option_template_name = "services/onboarding/_explained_option.html"

    def __init__(self, sentences: dict[str, str]) -> None:
        super().__init__()
        self.sentences = sentences

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        return {**option, "sentence": self.sentences[str(value)]}


class SbcSelect(forms.Select):
    """Each option carries its SBC's base domain, from which the page composes the host name."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if sbc := getattr(value, "instance", None):
            option["attrs"]["data-domain"] = sbc.base_domain
        return option

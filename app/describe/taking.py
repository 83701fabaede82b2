"""Orders of sessions, taken by the settings: which template, which provider, at what price."""

from functools import partial

from app.describe.asking import Asking
from app.describe.ledger import Whom
from app.describe.orders import Offer, OfferedProvider, OfferedTemplate, Order, Request
from app.describe.prices import pricing_of, worst
from app.describe.providers import DEFAULT, NO_PROVIDER, Provider, providers_of
from app.describe.template_files import templates
from app.describe.wire import UNAVAILABLE, can_be_asked
from app.descriptions import Describer
from app.errors import BadSetting, InvalidRequest
from app.settings import Settings


def take(configured: Settings, request: Request) -> Order:
    """The order of a session. Files of templates and providers are read as they are now; nobody is asked.

    Raises InvalidRequest: `unknown_template`, `no_provider`, or `price_unknown` where a budget could not be kept.
    """
    template = templates(configured.ingest_describe_templates).named(request.template)
    if not can_be_asked():
        raise InvalidRequest(UNAVAILABLE, field="describe", cause="no_provider")
    try:
        provider = providers_of(configured).named(request.provider, request.model)
    except BadSetting as error:
        raise InvalidRequest(error.sentence, field="describe", cause="no_provider") from None
    most = worst(provider, pricing_of(provider))
    if request.budget_usd is not None and most is None:
        raise InvalidRequest(_no_price(provider), field="describe", cause="price_unknown")
    form = configured.ingest_describe_format
    describer = Describer(
        provider.model,
        template.sha256,
        safe_only=not (provider.local or request.include_nsfw),
        side=configured.ingest_describe_side,
        quality=configured.ingest_describe_quality,
        format=form,
    )
    whom = Whom(provider.name, provider.model, template.name, template.sha256)
    opened = partial(Asking, provider, template, f"image/{form}")
    return Order(whom, describer, opened, provider.concurrency, most, provider.local)


def offer(configured: Settings) -> Offer:
    """What sessions can choose from as things stand; where nobody can be asked, why."""
    try:
        found = providers_of(configured)
    except BadSetting as error:
        return Offer(missing=error.sentence)
    if not can_be_asked():
        return Offer(missing=UNAVAILABLE)
    if not found.usable:
        return Offer(missing=next(iter(found.complaints.values()), NO_PROVIDER))
    offered = templates(configured.ingest_describe_templates).usable.values()
    return Offer(
        tuple(OfferedTemplate(template.name, template.title) for template in offered),
        tuple(
            OfferedProvider(each.name, each.model, local=each.local, priced=worst(each, pricing_of(each)) is not None)
            for each in found.usable.values()
        ),
    )


def _no_price(provider: Provider) -> str:
    """What is missing for a budget."""
    ours = "INGEST_DESCRIBE_PRICE_IN and _PRICE_OUT", "INGEST_DESCRIBE_MAX_INPUT_TOKENS"
    price, tokens = ours if provider.name == DEFAULT else ("price_in and price_out", "max_input_tokens")
    if pricing_of(provider) is None:
        return f"What {provider.model} costs is not known, so no budget can be kept: set {price}, or leave it out."
    return f"How much {provider.model} may be sent is not known, so no budget can be kept: set {tokens}."

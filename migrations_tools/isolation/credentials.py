"""Variables that look like live access to somebody else's service: mail, messages, payments, storage.

A guess from names and values, made to be right rather than complete: a key that only the stack's own services
know is none, nor is one whose counterpart (a mail catcher, a stand-in for the storage) runs in the stack.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from migrations_tools.isolation.hosts import HOST_MACHINE, at_home, url_hosts


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MAIL = frozenset({"SMTP", "MAIL", "EMAIL", "MAILER", "IMAP"})
_STORAGE = frozenset({"AWS", "S3", "SES", "SQS", "SNS", "R2", "SPACES", "B2", "WASABI", "BACKBLAZE"})
_PROVIDERS = _words(
    """
    BREVO SENDINBLUE SENDGRID MAILGUN MAILJET MAILCHIMP MANDRILL POSTMARK SPARKPOST RESEND MAILERSEND
    TWILIO VONAGE NEXMO MESSAGEBIRD PLIVO SINCH TELEGRAM SLACK DISCORD WHATSAPP FACEBOOK FB INSTAGRAM TWITTER LINKEDIN
    STRIPE PAYPAL BRAINTREE ADYEN MOLLIE RAZORPAY KLARNA PADDLE GOCARDLESS CHARGEBEE PLAID SQUARE SHOPIFY
    GOOGLE GCP GCLOUD FIREBASE FCM APNS AZURE AZUREAD DIGITALOCEAN CLOUDFLARE HETZNER DROPBOX
    OPENAI ANTHROPIC GEMINI MISTRAL COHERE GROQ HUGGINGFACE HF REPLICATE DEEPL ELEVENLABS DEEPSEEK
    SENTRY ROLLBAR BUGSNAG DATADOG NEWRELIC HONEYCOMB LOGTAIL PAPERTRAIL LOGGLY AMPLITUDE MIXPANEL SEGMENT POSTHOG
    INTERCOM ZENDESK HUBSPOT SALESFORCE GITHUB GH GITLAB BITBUCKET JIRA NOTION AIRTABLE ZAPIER PUSHER ABLY ALGOLIA
    MAPBOX OKTA AUTH0 CLERK ONESIGNAL PAGERDUTY OPSGENIE
    """
)
_SECRET = frozenset({"KEY", "APIKEY", "TOKEN", "SECRET", "PASSWORD", "PASS", "PASSWD", "PWD", "DSN", "CREDENTIALS"})
# Words that say that the value is about a secret and not one.
_ABOUT = _words(
    """
    PUBLIC PUBLISHABLE SITE ID NAME EXPIRE EXPIRES EXPIRY EXPIRATION TTL ALGORITHM HEADER PREFIX LENGTH TYPE TIMEOUT
    ENABLED VERSION ROTATION
    """
)
_PLACE = frozenset({"ENDPOINT", "HOST", "HOSTNAME", "SERVER", "URL", "URI", "BASE", "DSN"})
# An address that others are to come back to is no place of theirs.
_RETURNING = frozenset({"REDIRECT", "CALLBACK", "RETURN", "SUCCESS", "CANCEL", "WEBHOOK", "ORIGIN"})
# Providers whose software also runs in people's own stacks, as a service of that name.
_SELF_HOSTED = frozenset({"GITLAB", "SENTRY", "POSTHOG"})
# In front of API_KEY, these mean the application's own interface.
_OWN = _words(
    """
    INTERNAL ADMIN APP APPLICATION SERVICE SERVER BACKEND FRONTEND API X MY MASTER STATIC DEFAULT CLIENT TEST DEV
    LOCAL ROOT SECRET PRIVATE CRON WORKER
    MEILI MEILISEARCH QDRANT TYPESENSE WEAVIATE CHROMA ELASTIC ELASTICSEARCH GRAFANA MINIO DIRECTUS HASURA N8N
    """
)
# The forms that providers give their keys, whatever the variable is called.
_FORM = re.compile(
    r"""(?: [sr]k_(?:live|test)_\w{8,} | SG\.[\w-]{16,}\.[\w-]{16,} | xox[abeprs]-[\w-]{10,} | xkeysib-\w{16,}
          | sk-(?:proj|ant|or)-[\w-]{20,} | (?:AKIA|ASIA)[0-9A-Z]{16} | AIza[\w-]{30,} | gh[pousr]_\w{30,}
          | github_pat_\w{30,} | glpat-[\w-]{20} | key-[0-9a-f]{32} | \d{8,10}:AA[\w-]{30,}
          | https://hooks\.slack\.com/\S+ | https://(?:\w+\.)?discord(?:app)?\.com/api/webhooks/\S+ )""",
    re.VERBOSE,
)
_PASSWORD = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s@]*:[^/\s@]+@", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"(?:change|replace|your|dummy|fake|placeholder|example|insert|enter|todo|mock)(?:[\W_]?\w*)*|<.*>|\W*|x{3,}\w*"
    r"|none|null|true|false|yes|no|on|off|test|secret|password|\d+(?:\.\d+)?",
    re.IGNORECASE,
)
# Names that lead nowhere (RFC 2606, RFC 6762), and the machine itself.
_NOWHERE = re.compile(r"(?:.*\.)?(?:example(?:\.\w+)?|test|invalid|local|localhost|localdomain)", re.IGNORECASE)


def live(variables: Mapping[str, str], known: Collection[str]) -> list[str]:
    """Return the names of variables that may be live access to outside services, sorted.

    `known` are the names that lead to a service of the copy.
    """
    given = {name: value for name, value in variables.items() if not _PLACEHOLDER.fullmatch(value.strip())}
    return sorted(name for name, value in given.items() if _is_live(name, value, given, known))


def _is_live(name: str, value: str, given: Mapping[str, str], known: Collection[str]) -> bool:
    words = name.upper().split("_")
    if any(url_hosts(value)):
        return False  # databases and brokers elsewhere are refused, or allowed by name
    if "://" in value:
        return _outside(_host(value), known) and (_names_secret(words) or _lets_in(value))
    if _FORM.fullmatch(value):
        return True
    if _names_place(words) and _MAIL & set(words):
        return _outside(_host(value), known)
    return _names_secret(words) and not _has_counterpart(words, given, known)


def _names_secret(words: list[str]) -> bool:
    """Return whether the name is that of a secret which somebody else gave out."""
    if words[-1] == "WEBHOOK" or words[-2:] == ["WEBHOOK", "URL"]:
        return True  # whoever has the address may speak there
    if set(words) & _ABOUT or not set(words) & _SECRET:
        return False
    provided = bool(set(words) & (_PROVIDERS | _STORAGE | _MAIL))
    return provided or words[-2:] == ["BOT", "TOKEN"] or _others_key(words)


def _others_key(words: list[str]) -> bool:
    """Return whether it is an API key for a service that is neither the application's own nor usually self-hosted."""
    if words[-1] == "APIKEY":
        words = [*words[:-1], "API", "KEY"]
    kind = words[-2:] in (["API", "KEY"], ["API", "TOKEN"], ["API", "SECRET"])
    return kind and bool(set(words[:-2]) - _OWN)


def _names_place(words: list[str]) -> bool:
    return words[-1] in _PLACE and not set(words) & _RETURNING


def _lets_in(url: str) -> bool:
    """Return whether whoever has the URL is let in, or may send mail."""
    return bool(_FORM.match(url) or _PASSWORD.match(url) or url.lower().startswith("smtp"))


def _has_counterpart(words: list[str], given: Mapping[str, str], known: Collection[str]) -> bool:
    """Return whether what the secret is for runs in the stack: as a service of that name, or where a sibling says."""
    group = next((group for group in (_MAIL, _STORAGE) if group & set(words)), set(words) - _SECRET - _OWN)
    if any(word.lower() in map(str.lower, known) for word in group - _MAIL - _STORAGE - (_PROVIDERS - _SELF_HOSTED)):
        return True
    siblings = ((other.upper().split("_"), value) for other, value in given.items())
    places = [_host(value) for other, value in siblings if group & set(other) and _names_place(other)]
    return bool(places) and not any(_outside(host, known) for host in places)


def _outside(host: str, known: Collection[str]) -> bool:
    return not (at_home(host, frozenset(known)) or host.lower() in HOST_MACHINE or _NOWHERE.fullmatch(host))


def _host(value: str) -> str:
    """Return the host of a URL, or of `host` or `host:port`; empty where there is none to be read."""
    try:
        return urlsplit(value if "://" in value else f"//{value}").hostname or ""
    except ValueError:
        return ""

"""Which variables look like live access to outside services, and which do not."""

from __future__ import annotations

import pytest

from migrations_tools.isolation.credentials import live

_RANDOM = "q7Jf0vXn2LkR8sTb"
_SERVICES = frozenset({"db", "redis", "mailhog", "minio", "qdrant", "gitlab", "stripe-mock", "telegram-bot", "slack"})

LIVE = [
    "BREVO_API_KEY",
    "SENDINBLUE_API_KEY",
    "SENDGRID_API_KEY",
    "MAILGUN_API_KEY",
    "MAILJET_SECRET_KEY",
    "POSTMARK_SERVER_TOKEN",
    "MAILCHIMP_APIKEY",
    "SMTP_PASSWORD",
    "SMTP_PASS",
    "MAIL_PASSWORD",
    "EMAIL_HOST_PASSWORD",
    "TWILIO_AUTH_TOKEN",
    "STRIPE_SECRET_KEY",
    "STRIPE_API_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "PAYPAL_CLIENT_SECRET",
    "BOT_TOKEN",
    "TELEGRAM_BOT_TOKEN",
    "TELEGRAM_TOKEN",
    "DISCORD_TOKEN",
    "SLACK_SIGNING_SECRET",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "S3_SECRET_KEY",
    "AZURE_CLIENT_SECRET",
    "GOOGLE_CLIENT_SECRET",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "FIREBASE_PRIVATE_KEY",
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "HF_TOKEN",
    "GITHUB_TOKEN",
    "SENTRY_AUTH_TOKEN",
    "DATADOG_API_KEY",
    "DD_API_KEY",
    "FB_APP_SECRET",
    "AZUREAD_CLIENT_SECRET",
    "TEAM_WEBHOOK",
    "WEATHER_API_KEY",
    "SHIPPING_API_TOKEN",
]
LIVE_VALUES = [
    ("SENTRY_DSN", "https://0123456789abcdef@o1.ingest.sentry.io/2"),
    ("SLACK_WEBHOOK_URL", "https://hooks.slack.com/services/T0/B0/x"),
    ("NOTIFY", "https://hooks.slack.com/services/T0/B0/x"),
    ("DISCORD_WEBHOOK", "https://discord.com/api/webhooks/1/x"),
    ("ALERT_WEBHOOK_URL", "https://alerts.company.com/hook"),
    ("PAYMENT", "sk_live_0123456789abcdef"),
    ("LLM", "sk-proj-0123456789abcdefghijklmn"),
    ("BOT", "1234567890:AAE0123456789abcdefghijklmnopqrstuv"),
    ("CLOUD", "AKIA0123456789ABCDEF"),
    ("MAILER_DSN", "smtp://user:word@smtp.company.com:587"),
    ("EMAIL_URL", "smtps://relay.company.com"),
    ("SMTP_HOST", "smtp.company.com"),
    ("MAIL_SERVER", "smtp.company.com:587"),
    ("FEED", "https://user:word@api.company.com/feed"),
]
ORDINARY = [
    ("SECRET_KEY", _RANDOM),
    ("DJANGO_SECRET_KEY", _RANDOM),
    ("APP_KEY", f"base64:{_RANDOM}"),
    ("JWT_SECRET", _RANDOM),
    ("JWT_SECRET_KEY", _RANDOM),
    ("ACCESS_TOKEN_SECRET", _RANDOM),
    ("ACCESS_TOKEN_EXPIRE_MINUTES", "30"),
    ("REFRESH_TOKEN_EXPIRE_DAYS", "7"),
    ("NEXTAUTH_SECRET", _RANDOM),
    ("SESSION_SECRET", _RANDOM),
    ("ENCRYPTION_KEY", _RANDOM),
    ("POSTGRES_PASSWORD", _RANDOM),
    ("POSTGRES_USER", "shop"),
    ("DATABASE_URL", f"postgresql://shop:{_RANDOM}@db:5432/shop"),
    ("DATABASE_URL", f"postgresql://shop:{_RANDOM}@db.company.com/shop"),  # refused, or allowed by name
    ("REDIS_PASSWORD", _RANDOM),
    ("REDIS_URL", f"redis://:{_RANDOM}@redis:6379/0"),
    ("RABBITMQ_DEFAULT_PASS", _RANDOM),
    ("MINIO_ROOT_PASSWORD", _RANDOM),
    ("FIRST_SUPERUSER_PASSWORD", _RANDOM),
    ("ADMIN_TOKEN", _RANDOM),
    ("INTERNAL_API_KEY", _RANDOM),
    ("API_KEY", _RANDOM),
    ("X_API_KEY", _RANDOM),
    ("CRON_API_KEY", _RANDOM),
    ("CHARGEBEE_WEBHOOK_USERNAME", "billing"),
    ("SECRET_KEY", "sk-9f73s3ljTXVcMT3Blb3ljTqtsKiGHXVcMT3BlbkFJLK7U"),
    ("MEILI_MASTER_KEY", _RANDOM),
    ("QDRANT_API_KEY", _RANDOM),
    ("GITLAB_ROOT_PASSWORD", _RANDOM),
    ("CSRF_TOKEN_NAME", "csrf"),
    ("STRIPE_PUBLISHABLE_KEY", "pk_live_0123456789abcdef"),
    ("STRIPE_PRICE_ID", "price_0123456789"),
    ("RECAPTCHA_SITE_KEY", _RANDOM),
    ("GOOGLE_CLIENT_ID", f"{_RANDOM}.apps.googleusercontent.com"),
    ("AWS_REGION", "eu-central-1"),
    ("S3_BUCKET", "shop"),
    ("OPENAI_MODEL", "gpt-5"),
    ("SENTRY_ENVIRONMENT", "dev"),
    ("SENTRY_TRACES_SAMPLE_RATE", "0.1"),
    ("SMTP_PORT", "587"),
    ("SMTP_HOST", "mailhog"),
    ("SMTP_HOST", "localhost"),
    ("SMTP_HOST", "smtp.example.com"),
    ("EMAIL_HOST_USER", "shop@company.com"),
    ("EMAIL_FROM", "shop@company.com"),
    ("MAILER_DSN", "smtp://mailhog:1025"),
    ("SENTRY_DSN", ""),
    ("TELEGRAM_BOT_TOKEN", ""),
    ("TELEGRAM_BOT_TOKEN", "changeme"),
    ("TELEGRAM_BOT_TOKEN", "your-token-here"),
    ("STRIPE_SECRET_KEY", "<secret>"),
    ("OPENAI_API_KEY", "xxx"),
    ("SLACK_ENABLED", "false"),
    ("SLACK_WEBHOOK_URL", "http://mailhog:8025/hook"),
    ("PUBLIC_URL", "https://shop.company.com"),
    ("CORS_ORIGINS", "https://shop.company.com,https://www.company.com"),
    ("LOG_LEVEL", "debug"),
]
COUNTERPARTS = [
    pytest.param({"SMTP_PASSWORD": _RANDOM, "SMTP_HOST": "mailhog"}, [], id="a mail catcher"),
    pytest.param(
        {"SMTP_PASSWORD": _RANDOM, "SMTP_HOST": "smtp.company.com"}, ["SMTP_HOST", "SMTP_PASSWORD"], id="a mail server"
    ),
    pytest.param({"EMAIL_HOST_PASSWORD": _RANDOM, "EMAIL_HOST": "localhost", "EMAIL_HOST_USER": "u"}, [], id="no mail"),
    pytest.param({"AWS_SECRET_ACCESS_KEY": _RANDOM, "S3_ENDPOINT": "http://minio:9000"}, [], id="storage of the stack"),
    pytest.param(
        {"AWS_SECRET_ACCESS_KEY": _RANDOM, "S3_ENDPOINT": "https://s3.company.com"},
        ["AWS_SECRET_ACCESS_KEY"],
        id="storage elsewhere",
    ),
    pytest.param({"STRIPE_SECRET_KEY": _RANDOM, "STRIPE_API_BASE": "http://stripe-mock:12111"}, [], id="a stand-in"),
    pytest.param(
        {"GOOGLE_CLIENT_SECRET": _RANDOM, "GOOGLE_REDIRECT_URL": "http://localhost:8000/back"},
        ["GOOGLE_CLIENT_SECRET"],
        id="an address to come back to",
    ),
    pytest.param({"TELEGRAM_TOKEN": _RANDOM, "SLACK_TOKEN": _RANDOM}, ["SLACK_TOKEN", "TELEGRAM_TOKEN"], id="bots"),
]


@pytest.mark.parametrize("name", LIVE)
def test_a_secret_that_an_outside_service_gave_out_is_named(name: str) -> None:
    assert live({name: _RANDOM}, _SERVICES) == [name]


@pytest.mark.parametrize(("name", "value"), LIVE_VALUES)
def test_a_value_that_lets_one_in_or_sends_is_named_whatever_it_is_called(name: str, value: str) -> None:
    assert live({name: value}, _SERVICES) == [name]


@pytest.mark.parametrize(("name", "value"), ORDINARY)
def test_an_ordinary_variable_is_not_named(name: str, value: str) -> None:
    assert live({name: value}, _SERVICES) == []


@pytest.mark.parametrize(("variables", "expected"), COUNTERPARTS)
def test_what_the_stack_has_itself_is_no_outside_service(variables: dict[str, str], expected: list[str]) -> None:
    assert live(variables, _SERVICES) == expected

"""What stops `fetch`."""

from flex_insights.errors import UserError


class TwilioError(UserError):
    """Twilio cannot be asked, or gave no usable answer."""

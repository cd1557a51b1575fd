"""What stops `fetch` or `receive`."""


class TwilioError(Exception):
    """Twilio cannot be asked, or gave no usable answer; the message is one sentence for the user."""

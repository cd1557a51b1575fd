"""Events straight from Twilio into the inbox: `fetch` pulls them, `receive` is what Twilio pushes to."""

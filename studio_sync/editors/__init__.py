"""Extensions for editors: what they are made of, how they are packed, and where editors have them."""

"""Evidence for the eye: the page a citation stands on as an image, or an excerpt of its document as HTML."""

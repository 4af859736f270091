"""Steps that turn candidates into a feed; each file is one formula."""

"""The web pages, server-rendered, and the scripts that draw their pictures."""

"""The HTTP server: waitress, with lanes, checked headers and limits on connections.

One thread receives whole requests and sends answers, so that a slow client occupies no worker.
Workers are divided into lanes: neither uploads nor heavy questions keep light ones waiting, and
health checks have workers of their own.
"""

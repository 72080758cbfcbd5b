"""Readers of build and test reports: JUnit, CDash, test suites, console output."""

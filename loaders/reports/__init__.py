"""Reports of builds and tests: JUnit, CDash, test suites, console output."""

"""Whether programs start: the rules of the dynamic loader, applied to facts about files."""

"""Files from elsewhere: members and hours, in our own format and in others'. One validator serves dry run and real run."""

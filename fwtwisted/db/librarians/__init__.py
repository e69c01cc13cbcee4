"""All that the pod holds, for those who look after it: found, counted, and read for their documents."""

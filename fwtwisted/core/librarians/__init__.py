"""All that the pod holds, as those see it who look after it; and how they remove it."""

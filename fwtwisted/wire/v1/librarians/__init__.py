"""All that the pod holds, as documents for those who look after it, and what they ask and send."""

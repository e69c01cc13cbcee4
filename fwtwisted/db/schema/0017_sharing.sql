-- Shares, internet radio stations and chat.
SELECT 1;

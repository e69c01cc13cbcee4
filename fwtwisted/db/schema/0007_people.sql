-- How people come in: mail to be answered, requests to be let in.
SELECT 1;

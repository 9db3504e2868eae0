-- Until the transaction ends nothing is recorded as archived: see migration 0037. No parameters.
SELECT hold_off_archiving();

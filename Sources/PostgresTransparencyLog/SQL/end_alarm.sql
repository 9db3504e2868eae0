-- What was wrong has been put right.
DELETE FROM audit_alarms

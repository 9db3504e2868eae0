-- What each witness has been given.
SELECT witness, tree_size
FROM audit_witnesses

-- What readers look rows up by.
CREATE INDEX audit_trail_by_actor ON audit_trail (actor, position DESC);
CREATE INDEX audit_trail_by_object ON audit_trail (object, position DESC);
CREATE INDEX audit_trail_by_customer ON audit_trail (customer, position DESC);
CREATE INDEX audit_trail_by_deployment ON audit_trail (deployment, position DESC);
CREATE INDEX audit_trail_by_correlation ON audit_trail (correlation, position DESC);

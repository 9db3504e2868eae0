-- What readers look rows up by.
CREATE INDEX deployment_status_by_customer ON deployment_status (customer, requested_position DESC);
CREATE INDEX deployment_status_by_state ON deployment_status (state, requested_position DESC);

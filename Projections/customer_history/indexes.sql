-- What readers look rows up by.
CREATE INDEX customer_history_in_order ON customer_history (customer, position);

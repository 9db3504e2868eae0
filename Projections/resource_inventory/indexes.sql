-- What readers look rows up by.
CREATE INDEX resource_inventory_in_order ON resource_inventory (made_position DESC, deployment, kind, identity);
CREATE INDEX resource_inventory_by_customer ON resource_inventory (customer, made_position DESC);

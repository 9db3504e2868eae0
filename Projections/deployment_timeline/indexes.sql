-- What readers look rows up by.
CREATE INDEX deployment_timeline_in_order ON deployment_timeline (deployment, begun_position);

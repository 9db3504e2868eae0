-- What readers look rows up by.
CREATE INDEX template_usage_by_version ON template_usage (template, live_version);

-- What readers look rows up by.
CREATE INDEX step_durations_by_group ON step_durations (template, template_version, step, cluster);
CREATE INDEX step_durations_by_end ON step_durations (ended_at);

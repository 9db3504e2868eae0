-- The last position that is archived and not in the table any more: a range that is being archived is both for a while. No parameters.
SELECT least(archived_up_to(), coalesce((SELECT min(position) - 1 FROM events), archived_up_to())) AS position;

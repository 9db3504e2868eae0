-- How far the view is that the bench watches.
SELECT position FROM views.projections WHERE view = 'deployment_status' AND state = 'live'

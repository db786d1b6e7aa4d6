select * from "request_log" where team_id = any($1::text[]) and "request_id" = $2 order by "occurred_at" desc, "event_id" desc limit $3

select * from "request_log" where "event_id" = $1 and "occurred_at" >= $2 and "occurred_at" <= $3 and team_id = any($4::text[]) order by "occurred_at" desc limit $5

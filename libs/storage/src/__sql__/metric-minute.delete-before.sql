delete from metric_minute
where ctid = any(array(select ctid from metric_minute where minute < $1 limit $2))

insert into consumer_progress as old (consumer, spool_id, stream, updated_at)
select $1, s.spool_id, $2, $3::timestamptz
from unnest($4::uuid[]) as s(spool_id)
order by s.spool_id
on conflict (consumer, stream, spool_id) do update set
  updated_at = greatest(old.updated_at, excluded.updated_at)
returning spool_id, applied

select s.token_hash
from user_session s join app_user u on u.id = s.user_id
where s.token_hash = any($1::text[]) and u.role = 'admin'
  and s.created_at > $2 and s.last_seen_at > $3

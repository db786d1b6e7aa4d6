select s.token_hash as "tokenHash", u.id as "userId", u.name as "userName", u.role,
  array(select m.team_id from team_member m where m.user_id = u.id order by m.team_id) as "teamIds",
  s.created_at as "createdAt", s.last_seen_at as "lastSeenAt"
from user_session s join app_user u on u.id = s.user_id
where s.token_hash = any($1::text[])
  and s.created_at > $2 and s.last_seen_at > $3

delete from user_session where token_hash = any(array(
  select token_hash from user_session
  where last_seen_at <= $1 or created_at <= $2
  limit $3 for update skip locked))

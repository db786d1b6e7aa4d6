delete from user_session where token_hash = any(array(
  select token_hash from user_session where user_id = $1
  order by created_at desc offset $2))

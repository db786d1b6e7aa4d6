select "id", "name", "role", "password_hash" from "app_user" where "name_key" = $1

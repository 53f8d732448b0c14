-- Remembers the jti of a logout token.
-- KEYS: jti
-- ARGV: now, ttl, until
return first_sight(KEYS[1], tonumber(ARGV[1]), ARGV[3], ARGV[2])

-- Forgets a value that is kept.
-- KEYS: value
-- ARGV: now
if not version_of(KEYS[1], tonumber(ARGV[1])) then
    return 0
end
return redis.call('DEL', KEYS[1])

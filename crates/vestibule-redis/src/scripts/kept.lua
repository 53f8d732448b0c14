-- The value that is kept under a key. What is kept for good begins its time anew, at most once a day.
-- KEYS: value
-- ARGV: now, ttl of what is kept for good
if not version_of(KEYS[1], tonumber(ARGV[1])) then
    return false
end
local found = redis.call('HMGET', KEYS[1], 'v', 'n', 'e')
if found[3] == '' and redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) - 86400000 then
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return found

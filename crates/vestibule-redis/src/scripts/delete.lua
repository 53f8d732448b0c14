-- Ends a session and says so to all. The answer is whose it was, so that the caller can strike it from its indexes.
-- KEYS: session
-- ARGV: now, channel, member
if not end_of(KEYS[1], tonumber(ARGV[1])) then
    return 0
end
local whose = redis.call('HMGET', KEYS[1], 's', 'd')
redis.call('DEL', KEYS[1])
redis.call('PUBLISH', ARGV[2], ARGV[3])
return whose

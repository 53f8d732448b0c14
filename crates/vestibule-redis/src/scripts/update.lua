-- Replaces the value of a session that has this version. Versions are compared as text, which is exact.
-- KEYS: session, clock
-- ARGV: now, clock ttl, version, value
local now = tonumber(ARGV[1])
if not end_of(KEYS[1], now) then
    return 'gone'
end
if redis.call('HGET', KEYS[1], 'n') ~= ARGV[3] then
    return 'changed'
end
local version = draw(KEYS[2], now, ARGV[2])
redis.call('HSET', KEYS[1], 'v', ARGV[4], 'n', version)
return version

-- Keeps a value: with a version it replaces the one that has it, without it makes one.
-- KEYS: value, clock
-- ARGV: now, clock ttl, ttl, until or '', version or '', value
local now = tonumber(ARGV[1])
local there = version_of(KEYS[1], now)
if ARGV[5] ~= '' and not there then
    return 'gone'
end
if there and there ~= ARGV[5] then
    return 'changed'
end
local version = draw(KEYS[2], now, ARGV[2])
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'v', ARGV[6], 'n', version, 'e', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return version

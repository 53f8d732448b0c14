-- Keeps a new session and enters it into its indexes, unless there is one of this key.
-- KEYS: session, clock, index by subject, [index by sid]
-- ARGV: now, clock ttl, ttl, index ttl, indexed until, member, then v, l, e, i, b, s, d
local session, now = KEYS[1], tonumber(ARGV[1])
if end_of(session, now) then
    return 0
end
local version = draw(KEYS[2], now, ARGV[2])
redis.call('DEL', session)
redis.call('HSET', session, 'n', version, 'x', ARGV[5], 'v', ARGV[7], 'l', ARGV[8], 'e', ARGV[9],
    'i', ARGV[10], 'b', ARGV[11], 's', ARGV[12], 'd', ARGV[13])
redis.call('PEXPIRE', session, ARGV[3])
for i = 3, #KEYS do
    redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now)
    redis.call('ZADD', KEYS[i], ARGV[5], ARGV[6])
    if redis.call('PTTL', KEYS[i]) < tonumber(ARGV[4]) then
        redis.call('PEXPIRE', KEYS[i], ARGV[4])
    end
end
return 1

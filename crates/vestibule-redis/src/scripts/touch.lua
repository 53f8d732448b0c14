-- Moves the two dates of a session, forwards only. Its indexes are good until `x`; where the new end is later than that, and the
-- indexes were not named, nothing is done, and the answer is whose session it is, so that the caller can name them.
-- KEYS: session, [index by subject, [index by sid]]
-- ARGV: now, ttl, index ttl, indexed until, member, l, e, [s, d]
local session, new_end = KEYS[1], tonumber(ARGV[7])
local ends = end_of(session, tonumber(ARGV[1]))
if not ends then
    return 0
end
if new_end > ends then
    if new_end > (tonumber(redis.call('HGET', session, 'x')) or 0) then
        local whose = redis.call('HMGET', session, 's', 'd')
        if #KEYS == 1 or whose[1] ~= ARGV[8] or whose[2] ~= ARGV[9] then
            return whose
        end
        for i = 2, #KEYS do
            redis.call('ZADD', KEYS[i], ARGV[4], ARGV[5])
            if redis.call('PTTL', KEYS[i]) < tonumber(ARGV[3]) then
                redis.call('PEXPIRE', KEYS[i], ARGV[3])
            end
        end
        redis.call('HSET', session, 'x', ARGV[4])
    end
    redis.call('HSET', session, 'e', ARGV[7])
    if redis.call('PTTL', session) < tonumber(ARGV[2]) then
        redis.call('PEXPIRE', session, ARGV[2])
    end
end
if tonumber(ARGV[6]) > (tonumber(redis.call('HGET', session, 'l')) or 0) then
    redis.call('HSET', session, 'l', ARGV[6])
end
return 1

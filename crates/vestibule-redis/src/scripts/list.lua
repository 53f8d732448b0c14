-- The sessions of an index, all as they were at one time. Each must name the index itself: an entry may outlive its session. An
-- index that has a session of which the caller did not know is not answered for: the caller looks again.
-- KEYS: index, then the sessions
-- ARGV: now, the index as sessions name it, the field that is wanted as value, then the members of the sessions
local now, known, found = tonumber(ARGV[1]), {}, {}
for i = 4, #ARGV do
    known[ARGV[i]] = true
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    if not known[member] then
        return 0
    end
end
for i = 2, #KEYS do
    if end_of(KEYS[i], now) then
        local session = redis.call('HMGET', KEYS[i], 's', 'd', 'i', 'b', ARGV[3], 'n', 'l', 'e')
        if session[1] == ARGV[2] or session[2] == ARGV[2] then
            session[#session + 1] = ARGV[i + 2]
            found[#found + 1] = session
        end
    end
end
return found

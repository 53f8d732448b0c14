-- Ends those sessions that were found to be ended by a mark, where they still are the ones that were found (when they were born
-- never changes), and says so to all. The answer is the positions of those that were there.
-- KEYS: for each of them session, index by subject, index by sid (or that by subject again)
-- ARGV: now, channel, then for each of them member, i, b
local now, channel = tonumber(ARGV[1]), ARGV[2]
local ended = {}
for position = 0, #KEYS / 3 - 1 do
    local session, member = KEYS[3 * position + 1], ARGV[3 * position + 3]
    if end_of(session, now) then
        local born = redis.call('HMGET', session, 'i', 'b')
        if (born[1] or '') == ARGV[3 * position + 4] and (born[2] or '') == ARGV[3 * position + 5] then
            redis.call('DEL', session)
            redis.call('ZREM', KEYS[3 * position + 2], member)
            redis.call('ZREM', KEYS[3 * position + 3], member)
            redis.call('PUBLISH', channel, member)
            ended[#ended + 1] = position
        end
    end
end
return ended

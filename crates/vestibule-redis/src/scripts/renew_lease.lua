-- Renews a lease that the caller has.
-- KEYS: lease
-- ARGV: now, ttl, until, fence
local fence, failed = holder(KEYS[1], tonumber(ARGV[1]))
if failed then
    return failed
end
if fence ~= ARGV[4] then
    return 0
end
redis.call('SET', KEYS[1], fence .. ' ' .. ARGV[3], 'PX', ARGV[2])
return 1

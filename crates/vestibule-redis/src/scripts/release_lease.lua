-- Gives back a lease that the caller has.
-- KEYS: lease
-- ARGV: now, fence
local fence, failed = holder(KEYS[1], tonumber(ARGV[1]))
if failed then
    return failed
end
if fence == ARGV[2] then
    redis.call('DEL', KEYS[1])
end
return 1

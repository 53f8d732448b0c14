-- Takes a lease that nobody has. The answer is the fence.
-- KEYS: lease, clock
-- ARGV: now, clock ttl, ttl, until
local now = tonumber(ARGV[1])
local fence, failed = holder(KEYS[1], now)
if fence or failed then
    return failed or false
end
fence = draw(KEYS[2], now, ARGV[2])
redis.call('SET', KEYS[1], fence .. ' ' .. ARGV[4], 'PX', ARGV[3])
return fence

-- Burns a login attempt: the first caller gets the moment.
-- KEYS: attempt, clock
-- ARGV: now, clock ttl, ttl, until
local now = tonumber(ARGV[1])
local new = first_sight(KEYS[1], now, ARGV[4], ARGV[3])
if new == true then
    return draw(KEYS[2], now, ARGV[2])
end
return new

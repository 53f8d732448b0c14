-- The next number of the one clock that moments, versions and fences are drawn from: greater than all before it, and, should the
-- clock have been lost, not before the second `now`. Stays below 2^53 (in Lua a number is a double) until the year 2242.
local function draw(clock, now, clock_ttl)
    local last = tonumber(redis.call('GET', clock)) or 0
    local number = string.format('%.0f', math.max(last + 1, now * 1048576))
    redis.call('SET', clock, number, 'PX', clock_ttl)
    return number
end


-- Raises a mark, which joins what was there, and says so to all. A mark that cannot be read is a failure, never no mark.
--
-- A server that is full refuses a script at the first command that takes memory, unless one that takes none has written before it:
-- then it lets the whole of it through. Whoever signs out is signed out there too, for the 200 bytes of a mark.
-- KEYS: mark, clock, a name under which nothing is
-- ARGV: now, clock ttl, ttl, issued_at or '-', until, channel, whose
redis.call('DEL', KEYS[3])
local now = tonumber(ARGV[1])
local issued_at, raised, ours, ends, ttl = '-', '0', '0', ARGV[5], tonumber(ARGV[3])
local found = redis.call('GET', KEYS[1])
if found then
    local i, r, o, e = string.match(found, '^(%-?%d*) (%d+) (%d+) (%-?%d+)$')
    if not i or (i ~= '-' and not tonumber(i)) then
        return redis.error_reply('FOREIGN a mark cannot be read')
    end
    if tonumber(e) > now then
        issued_at, raised, ours = i, r, o
        if tonumber(e) > tonumber(ends) then
            ends = e
        end
        ttl = math.max(ttl, redis.call('PTTL', KEYS[1]))
    end
end
local moment = draw(KEYS[2], now, ARGV[2])
if ARGV[4] == '-' then
    ours = moment
else
    raised = moment
    if issued_at == '-' or tonumber(ARGV[4]) > tonumber(issued_at) then
        issued_at = ARGV[4]
    end
end
local mark = issued_at .. ' ' .. raised .. ' ' .. ours .. ' ' .. ends
redis.call('SET', KEYS[1], mark, 'PX', string.format('%.0f', ttl))
redis.call('PUBLISH', ARGV[6], ARGV[7])
return mark

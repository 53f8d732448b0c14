-- Remembers that this was seen, until its end. The answer is whether it was new; what cannot be read is a failure, never new.
local function first_sight(key, now, ends, ttl)
    local found = redis.call('GET', key)
    local known_until = found and tonumber(found)
    if found and not known_until then
        return redis.error_reply('FOREIGN what was seen cannot be read')
    end
    if known_until and known_until > now then
        return false
    end
    redis.call('SET', key, ends, 'PX', ttl)
    return true
end

